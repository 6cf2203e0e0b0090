"""Trains with implicit and scikit-learn what it is asked for, one JSON document a line, and times it.

Started with the folder of a matrix (offsets, columns and values as raw little-endian arrays) and the number
of threads. Each answer has the seconds of the fit alone; results go to the files that the question names.
"""

import json
import os
import sys
import time
import warnings

folder, threads, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# implicit runs its own threads and recommends one for BLAS; scikit-learn's share is set at its call.
os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
os.environ["OMP_NUM_THREADS"] = str(threads)
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import scipy.sparse as sparse  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402
from implicit.nearest_neighbours import CosineRecommender  # noqa: E402
from sklearn.utils.extmath import randomized_svd  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402


def matrix(values):
    offsets = np.fromfile(f"{folder}/offsets", dtype=np.uint32).astype(np.int32)
    indices = np.fromfile(f"{folder}/columns", dtype=np.uint32).astype(np.int32)
    return sparse.csr_matrix((values, indices, offsets), shape=(len(offsets) - 1, columns))


def write(name, array, kind):
    np.ascontiguousarray(array, dtype=kind).tofile(f"{folder}/{name}")


def timed(fit):
    start = time.perf_counter()
    result = fit()
    return time.perf_counter() - start, result


def similarity(question, ones):
    model = CosineRecommender(K=question["neighbours"], num_threads=threads)
    with threadpool_limits(1, user_api="blas"):
        seconds, _ = timed(lambda: model.fit(ones, show_progress=False))
    found = model.similarity.tocsr()
    write("similarity.offsets", found.indptr, np.uint32)
    write("similarity.indices", found.indices, np.uint32)
    write("similarity.scores", found.data, np.float32)
    return seconds


def factors(question, ones):
    # implicit's value is the confidence itself: 1 + weight.
    confidence = ones * np.float32(1 + question["weight"])
    model = AlternatingLeastSquares(
        factors=question["factors"],
        regularization=question["regularization"],
        iterations=question["iterations"],
        use_cg=True,
        num_threads=threads,
        random_state=question["seed"],
    )
    model.cg_steps = question["steps"]
    with threadpool_limits(1, user_api="blas"):
        seconds, _ = timed(lambda: model.fit(confidence, show_progress=False))
    write("factors.rows", model.user_factors, np.float32)
    write("factors.columns", model.item_factors, np.float32)
    return seconds


def svd(question, _):
    values = matrix(np.fromfile(f"{folder}/values", dtype=np.float32))
    with threadpool_limits(threads, user_api="blas"):
        seconds, (_, roots, right) = timed(
            lambda: randomized_svd(
                values,
                n_components=question["components"],
                n_oversamples=question["oversampling"],
                n_iter=question["powerIterations"],
                random_state=question["seed"],
            )
        )
    write("svd.singular", roots, np.float32)
    write("svd.right", right.T, np.float32)
    return seconds


tasks = {"similarity": similarity, "factors": factors, "svd": svd}
everything = matrix(np.ones(os.path.getsize(f"{folder}/columns") // 4, dtype=np.float32))
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"seconds": tasks[asked["task"]](asked, everything)}), flush=True)
