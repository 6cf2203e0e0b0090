/**
 * A half-step of iALS: each row's factors x by conjugate gradients on
 *
 *   (YᵀY + λI + Σ w y yᵀ) x = Σ (1 + w) y
 *
 * Rows are solved in batches: the product with YᵀY + λI, which all of them share, is a product of
 * matrices that runs from registers, where one row at a time would read the whole of YᵀY for it.
 */
import { multiplyRows } from './dense';
import { addProducts } from './sparse-dense';

/** Rows of a batch: their vectors and rows of Y stay in the second cache. A multiple of 4. */
const BATCH: u32 = 8;
/** A residual this small is rounding. */
const SETTLED: f32 = 1e-20;

/** As `kernels/implicit-factors.ts` writes it. */
@unmanaged
class HalfStepJob {
  /** Next row to do; atomic. */
  next: u32;
  rowCount: u32;
  rowsPerCall: u32;
  stride: u32;
  steps: u32;
  /** u32[rowCount + 1], and the entries' columns and weights w */
  offsets: usize;
  columns: usize;
  weights: usize;
  /** f32[rowCount rounded up to a batch][stride]: x, where it starts from and where it ends */
  factors: usize;
  /** f32[columnCount][stride]: Y */
  others: usize;
  /** YᵀY + λI in panels */
  gram: usize;
  scratch: usize;
  scratchBytes: u32;
}

/** Solves the next few batches; false when there are none left. */
export function implicitHalfStep(jobAt: usize, thread: u32): bool {
  const job = changetype<HalfStepJob>(jobAt);
  const first = atomic.add<u32>(jobAt, job.rowsPerCall);
  if (first >= job.rowCount) return false;
  const end = min(first + job.rowsPerCall, job.rowCount);
  for (let row = first; row < end; row += BATCH) {
    solveBatch(job, row, min(BATCH, end - row), job.scratch + thread * job.scratchBytes);
  }
  return true;
}

function solveBatch(job: HalfStepJob, first: u32, count: u32, scratch: usize): void {
  const rowBytes = job.stride * 4;
  const factors = job.factors + first * rowBytes;
  const products = scratch;
  const residuals = products + BATCH * rowBytes;
  const directions = residuals + BATCH * rowBytes;
  const norms = directions + BATCH * rowBytes;
  multiplyRows(factors, BATCH, job.stride, job.gram, false, products);
  for (let at: u32 = 0; at < BATCH; at++) {
    const start = at * rowBytes;
    store<f32>(
      norms + at * 4,
      at < count ? begin(job, first + at, start, factors, products, residuals, directions) : 0,
    );
  }
  for (let step: u32 = 0; step < job.steps; step++) {
    multiplyRows(directions, BATCH, job.stride, job.gram, false, products);
    for (let at: u32 = 0; at < count; at++) {
      const norm = load<f32>(norms + at * 4);
      if (norm < SETTLED) continue;
      const start = at * rowBytes;
      addRowOf(job, first + at, directions + start, false, products + start);
      store<f32>(
        norms + at * 4,
        descend(
          norm,
          rowBytes,
          factors + start,
          products + start,
          residuals + start,
          directions + start,
        ),
      );
    }
  }
}

/** Residual and first direction of a row; returns the residual's squared length. */
function begin(
  job: HalfStepJob,
  row: u32,
  start: u32,
  factors: usize,
  products: usize,
  residuals: usize,
  directions: usize,
): f32 {
  const rowBytes = job.stride * 4;
  if (load<u32>(job.offsets + row * 4) === load<u32>(job.offsets + row * 4, 4)) {
    // Nothing is known of this row, and the answer is 0.
    memory.fill(factors + start, 0, rowBytes);
    memory.fill(directions + start, 0, rowBytes);
    return 0;
  }
  const residual = residuals + start;
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    v128.store(residual + at, f32x4.neg(v128.load(products + start + at)));
  }
  addRowOf(job, row, factors + start, true, residual);
  memory.copy(directions + start, residual, rowBytes);
  return dot(residual, residual, rowBytes);
}

function addRowOf(job: HalfStepJob, row: u32, vector: usize, isResidual: bool, out: usize): void {
  const start = load<u32>(job.offsets + row * 4);
  const count = load<u32>(job.offsets + row * 4, 4) - start;
  const columns = job.columns + start * 4;
  const weights = job.weights + start * 4;
  addProducts(columns, weights, count, job.others, job.stride * 4, vector, isResidual, out);
}

/** One step of conjugate gradients, all three vectors moved on; returns the new residual's squared length. */
function descend(
  norm: f32,
  rowBytes: u32,
  factor: usize,
  product: usize,
  residual: usize,
  direction: usize,
): f32 {
  const length = norm / dot(direction, product, rowBytes);
  const ahead = f32x4.splat(length);
  const back = f32x4.splat(-length);
  let sum = f32x4.splat(0);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const moved = f32x4.relaxed_madd(ahead, v128.load(direction + at), v128.load(factor + at));
    v128.store(factor + at, moved);
    const left = f32x4.relaxed_madd(back, v128.load(product + at), v128.load(residual + at));
    v128.store(residual + at, left);
    sum = f32x4.relaxed_madd(left, left, sum);
  }
  const next = total(sum);
  const keep = f32x4.splat(next / norm);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    const turned = f32x4.relaxed_madd(keep, v128.load(direction + at), v128.load(residual + at));
    v128.store(direction + at, turned);
  }
  return next;
}

function dot(left: usize, right: usize, bytes: u32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (let at: u32 = 0; at < bytes; at += 32) {
    even = f32x4.relaxed_madd(v128.load(left + at), v128.load(right + at), even);
    odd = f32x4.relaxed_madd(v128.load(left + at, 16), v128.load(right + at, 16), odd);
  }
  return total(f32x4.add(even, odd));
}

function total(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}
