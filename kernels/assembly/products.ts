/** Products of long matrices, dealt to the threads in groups of rows. */
import { multiplyRows } from './dense';
import { sumRows } from './sparse-dense';

/** As `kernels/products.ts` writes it. */
@unmanaged
class SparseProductJob {
  /** Next row to do; atomic. */
  next: u32;
  rowCount: u32;
  rowsPerCall: u32;
  stride: u32;
  offsets: usize;
  columns: usize;
  values: usize;
  dense: usize;
  out: usize;
}

/** out = A · X for the next few rows of a sparse A; false when there are none left. */
export function sparseProduct(jobAt: usize): bool {
  const job = changetype<SparseProductJob>(jobAt);
  const first = atomic.add<u32>(jobAt, job.rowsPerCall);
  if (first >= job.rowCount) return false;
  const end = min(first + job.rowsPerCall, job.rowCount);
  const rowBytes = job.stride * 4;
  for (let row = first; row < end; row++) {
    const start = load<u32>(job.offsets + row * 4);
    const count = load<u32>(job.offsets + row * 4, 4) - start;
    const out = job.out + row * rowBytes;
    sumRows(job.columns + start * 4, job.values + start * 4, count, job.dense, rowBytes, out);
  }
  return true;
}

/** As `kernels/products.ts` writes it. */
@unmanaged
class DenseProductJob {
  /** Next row to do; atomic. */
  next: u32;
  /** A multiple of rowsPerCall. */
  rowCount: u32;
  rowsPerCall: u32;
  stride: u32;
  dense: usize;
  panels: usize;
  isUpper: u32;
  out: usize;
}

/** out = X · M for the next group of rows; false when there is none left. */
export function denseProduct(jobAt: usize): bool {
  const job = changetype<DenseProductJob>(jobAt);
  const first = atomic.add<u32>(jobAt, job.rowsPerCall);
  if (first >= job.rowCount) return false;
  const start = first * job.stride * 4;
  const isUpper = job.isUpper !== 0;
  multiplyRows(
    job.dense + start,
    job.rowsPerCall,
    job.stride,
    job.panels,
    isUpper,
    job.out + start,
  );
  return true;
}
