"""Trains a model on Spark from a snapshot's Parquet, for snapshots that no one machine holds.

    spark-submit train_als.py --snapshot <uri>/snapshots/<id>/ --until <epoch s> --model-id <id> --output <uri>/

It reads `interactions.parquet` (customer, item_id, kind, occurred_at) and `items.jsonl`, fits implicit ALS (Hu, Koren and
Volinsky, ICDM 2008; MLlib), and writes what `core/training/model-file.ts` reads: `model.bin`, `items.jsonl` and, last of
all, `manifest.json`.

    s(i -> j) = max(0, cos(v_i, v_j)) * (popular_j / max popular) ^ p,  the best K of each i, without i itself

Customers are folded in when a recommendation is asked for, so their factors are left where they are. Interactions at
`--until` and later are left out: that is the time at which a candidate's held-out period begins. The factors of all
items are sent to every executor (500,000 items of 64 factors are 128 MB); interactions stay in their partitions.
"""

import argparse
import hashlib
import json
import math
import os
import tempfile

import numpy as np
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, FloatType, IntegerType, StructField, StructType

FORMAT_VERSION = 1
# "KNDM" read as a little-endian u32; see model-file.ts.
MAGIC = 0x4D444E4B
# core/training/model.ts, interactionWeights.
WEIGHTS = {"view": 1.0, "cart": 3.0, "uncart": 0.0, "purchase": 5.0}
STRONGEST = 5.0
# core/training/popularity.ts.
DAY_S = 86_400
POPULARITY_DAYS = 14
TRENDING_RECENT_DAYS = 7
TRENDING_BEFORE_DAYS = 28
POPULARITY_FLOOR = 1e-5
# Items whose neighbours are found at a time: 256 rows of scores against all items.
BLOCK_ITEMS = 256


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--snapshot", required=True, help="folder of the snapshot, ends in /")
    parser.add_argument("--output", required=True, help="folder that the model's files are written to, ends in /")
    parser.add_argument("--model-id", required=True)
    parser.add_argument("--until", required=True, type=int, help="epoch seconds; nothing later is learnt from")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--regularization", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=10.0, help="alpha of the paper")
    parser.add_argument("--half-life-days", type=float, default=60.0)
    parser.add_argument("--popularity-exponent", type=float, default=0.25)
    parser.add_argument("--neighbours", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = arguments()
    spark = SparkSession.builder.appName("kindred-train").getOrCreate()
    # As one text: the order of the lines is the items' numbers, and partitions have none.
    text = spark.read.text(options.snapshot + "items.jsonl", wholetext=True).head().value
    lines = text.rstrip("\n").split("\n")
    numbers = spark.createDataFrame(
        [(json.loads(line)["itemId"], number) for number, line in enumerate(lines)], "item_id string, item int"
    )
    known = interactions(spark, options, numbers).cache()
    if known.isEmpty():
        raise SystemExit("the snapshot has no interaction before --until; nothing can be learnt from it")
    popular, trending = popularity(known, len(lines))
    factors = item_factors(known, options, len(lines))
    neighbours = best_neighbours(spark, factors, popular, options)
    write(spark, options, lines, neighbours, popular, trending)
    spark.stop()


def interactions(spark, options, numbers):
    """item, customer, weight (1 for a purchase) and age in days, of what was known at --until."""
    weight = F.create_map(*[F.lit(part) for pair in WEIGHTS.items() for part in pair])
    rows = spark.read.parquet(options.snapshot + "interactions.parquet")
    time_s = F.unix_timestamp(F.col("occurred_at").cast("timestamp"))
    return (
        rows.withColumn("age", (F.lit(options.until) - time_s) / DAY_S)
        .where(F.col("age") > 0)
        .join(F.broadcast(numbers), "item_id")
        .select("item", F.col("customer").cast("int"), (weight[F.col("kind")] / STRONGEST).alias("weight"), "age")
    )


def popularity(known, item_count):
    recent = F.col("age") < TRENDING_RECENT_DAYS
    before = (~recent) & (F.col("age") < TRENDING_RECENT_DAYS + TRENDING_BEFORE_DAYS)
    sums = known.groupBy("item").agg(
        F.sum(F.col("weight") * F.exp(-F.col("age") / POPULARITY_DAYS)).alias("popular"),
        F.sum(F.when(recent, F.col("weight")).otherwise(0.0)).alias("recent"),
        F.sum(F.when(before, F.col("weight")).otherwise(0.0)).alias("before"),
    )
    popular = np.zeros(item_count, dtype="<f4")
    trending = np.zeros(item_count, dtype="<f4")
    for row in sums.toLocalIterator():
        expected = row.before * TRENDING_RECENT_DAYS / TRENDING_BEFORE_DAYS
        popular[row["item"]] = row.popular
        trending[row["item"]] = (row.recent - expected) / math.sqrt(expected + 1)
    return popular, trending


def item_factors(known, options, item_count):
    decayed = F.max(F.col("weight") * F.pow(F.lit(0.5), F.col("age") / options.half_life_days))
    ratings = known.groupBy("customer", "item").agg(decayed.alias("rating")).where("rating > 0")
    model = ALS(
        userCol="customer",
        itemCol="item",
        ratingCol="rating",
        implicitPrefs=True,
        rank=options.factors,
        maxIter=options.iterations,
        regParam=options.regularization,
        alpha=options.confidence,
        seed=options.seed,
    ).fit(ratings)
    factors = np.zeros((item_count, options.factors), dtype=np.float32)
    for row in model.itemFactors.toLocalIterator():
        factors[row.id] = row.features
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    # An item without interactions stays at 0 and is nobody's neighbour.
    return factors / np.where(lengths > 0, lengths, 1)


def best_neighbours(spark, factors, popular, options):
    """item -> (indices, scores), best first, equal scores by index."""
    most = float(popular.max()) or 1.0
    scale = np.maximum(popular / most, POPULARITY_FLOOR) ** options.popularity_exponent
    shared = spark.sparkContext.broadcast((factors, scale.astype(np.float32)))
    wanted = options.neighbours

    def of_block(start):
        vectors, scales = shared.value
        block = vectors[start : start + BLOCK_ITEMS] @ vectors.T * scales
        for offset, scores in enumerate(block):
            scores[start + offset] = 0
            best = np.lexsort((np.arange(len(scores)), -scores))[:wanted]
            best = best[scores[best] > 0]
            yield start + offset, best.tolist(), scores[best].tolist()

    schema = StructType(
        [
            StructField("item", IntegerType()),
            StructField("indices", ArrayType(IntegerType())),
            StructField("scores", ArrayType(FloatType())),
        ]
    )
    starts = list(range(0, len(factors), BLOCK_ITEMS))
    found = spark.sparkContext.parallelize(starts, max(1, len(starts))).flatMap(of_block)
    return spark.createDataFrame(found, schema).orderBy("item").toLocalIterator()


def write(spark, options, lines, neighbours, popular, trending):
    offsets, indices, scores = [0], [], []
    for row in neighbours:
        indices.append(np.array(row.indices, dtype="<u4"))
        scores.append(np.array(row.scores, dtype="<f4"))
        offsets.append(offsets[-1] + len(row.indices))
    header = np.array([MAGIC, FORMAT_VERSION, len(lines), offsets[-1]], dtype="<u4")
    columns = [header, np.array(offsets, dtype="<u4"), *indices, *scores, popular, trending]
    files = {
        "model.bin": b"".join(column.tobytes() for column in columns),
        "items.jsonl": "".join(line + "\n" for line in lines).encode(),
    }
    manifest = {
        "format": "kindred-model",
        "formatVersion": FORMAT_VERSION,
        "id": options.model_id,
        "asOfMs": options.until * 1000,
        "parameters": {
            "userExponent": 0,
            "sourceExponent": 0,
            "targetExponent": 0,
            "neighboursMax": options.neighbours,
            "targetHalfLifeDays": options.half_life_days,
            "historyHalfLifeDays": options.half_life_days,
            "popularityExponent": options.popularity_exponent,
            "repeatBoost": 1,
        },
        "itemCount": len(lines),
        "neighbourCount": offsets[-1],
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
    }
    for name, content in files.items():
        put(spark, options.output + name, content)
    put(spark, options.output + "manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())


def put(spark, uri, content):
    """By Hadoop's file systems, which know s3:// on EMR and a plain path on any machine."""
    jvm = spark.sparkContext._jvm
    target = jvm.org.apache.hadoop.fs.Path(uri)
    system = target.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content)
    try:
        # What is copied is checked by the reader, so that no checksum file beside it is needed.
        system.setWriteChecksum(False)
        system.copyFromLocalFile(True, True, jvm.org.apache.hadoop.fs.Path("file://" + file.name), target)
    finally:
        if os.path.exists(file.name):
            os.unlink(file.name)


if __name__ == "__main__":
    main()
