/** Products of long matrices in the kernels' memory, on all threads. */
import { type DenseRows, ROW_GROUP } from './dense.ts';
import type { KernelJob } from './kernel-pool.ts';
import type { Entries } from './sparse-entries.ts';

/** Rows of a sparse matrix taken at a time; they may differ much in length. */
const SPARSE_ROWS_PER_CALL = 32;

/** Words of the longer of both jobs' descriptions. */
const JOB_WORDS = 9;

/** Room for the description of one product at a time. */
export function allocateProduct({ arena }: KernelJob): number {
  return arena.allocate(4 * JOB_WORDS);
}

/** out = A · X */
export function sparseProduct(
  job: KernelJob,
  room: number,
  { sparse, dense, out }: { sparse: Entries; dense: DenseRows; out: DenseRows },
): Promise<void> {
  const addresses = [sparse.offsets, sparse.columns, sparse.values, dense.address, out.address];
  const sizes = [0, sparse.rowCount, SPARSE_ROWS_PER_CALL, dense.stride];
  job.arena.u32(room, JOB_WORDS).set([...sizes, ...addresses]);
  return job.parallel('sparseProduct', room);
}

/** out = X · M with M in panels; `isUpper` where it is zero below its diagonal. */
export function denseProduct(
  job: KernelJob,
  room: number,
  product: { dense: DenseRows; panels: number; isUpper: boolean; out: DenseRows },
): Promise<void> {
  const { dense, panels, isUpper, out } = product;
  const rows = Math.ceil(dense.rowCount / ROW_GROUP) * ROW_GROUP;
  const sizes = [0, rows, ROW_GROUP, dense.stride];
  job.arena
    .u32(room, JOB_WORDS)
    .set([...sizes, dense.address, panels, isUpper ? 1 : 0, out.address]);
  return job.parallel('denseProduct', room);
}
