/**
 * iALS: a matrix of implicit feedback as the product of two thin ones (Hu, Koren & Volinsky, ICDM 2008).
 * It minimises
 *
 *   Σ_all c_ui (p_ui − x_u·y_i)² + λ (Σ_u |x_u|² + Σ_i |y_i|²)
 *
 * with p_ui = 1 and c_ui = 1 + w_ui for the entries of the matrix, and p = 0, c = 1 everywhere else. Rows
 * and columns are solved in turns, each by a few steps of conjugate gradients from its last value
 * (Takács, Pilászy & Tikk, RecSys 2011).
 *
 * A turn takes O(steps · (entries · f + rows · f²)). Memory: 24 bytes an entry and 4·f bytes a row and a
 * column, f rounded up to 8. The plain twin is `reference/implicit-factors.ts`; they agree to the rounding
 * of 32-bit floats, and the kernel with itself to the last bit on any number of threads.
 */
import {
  allocateGram,
  allocateRows,
  copyOut,
  type DenseRows,
  type Gram,
  sumGram,
} from './dense.ts';
import { KernelInputError } from './kernel-error.ts';
import type { KernelJob, KernelPool } from './kernel-pool.ts';
import { type Entries, putBothSides } from './sparse-entries.ts';
import { checkLength, checkOffsets, merged, rowCountOf, type SparseRows } from './sparse-rows.ts';

export interface ImplicitFactorization {
  /** Customers × items. An entry counts as wanted, whatever its weight. */
  readonly matrix: SparseRows;
  /** w_ui, one an entry: what its confidence has above that of the absent ones; finite, not negative. */
  readonly weights: Float32Array;
  /** f, a multiple of 4. */
  readonly factorCount: number;
  /** λ > 0 */
  readonly regularization: number;
  /** Turns of rows and columns. */
  readonly iterations: number;
  /** Steps of conjugate gradients in each turn; 3 where absent. */
  readonly steps?: number;
  /** 0 … 2^32 − 1 */
  readonly seed: number;
}

/** Factors by rows: x_u is `rows[u·f]` … `rows[u·f + f − 1]`; 0 where a row or column has no entry. */
export interface Factors {
  readonly factorCount: number;
  readonly rows: Float32Array;
  readonly columns: Float32Array;
}

export const STEPS_DEFAULT = 3;
/** As in `assembly/implicit-factors.ts`. */
const BATCH = 8;
const ROWS_PER_CALL = 64;

/** @throws KernelInputError, KernelMemoryError, KernelThreadError */
export function implicitFactors(pool: KernelPool, input: ImplicitFactorization): Promise<Factors> {
  checkImplicitFactorization(input);
  const entries = merged(input.matrix, input.weights);
  const { matrix } = entries;
  const { factorCount, iterations } = input;
  return pool.run(async (job) => {
    const { values } = entries;
    const sides = putBothSides(job, matrix, { name: 'weights', values, sign: 'not negative' });
    const scale = 1 / (2 * factorCount);
    const rows = randomRows(job, rowCountOf(matrix), factorCount, { seed: input.seed, scale });
    const columnSeed = (input.seed ^ COLUMNS) >>> 0;
    const columns = randomRows(job, matrix.columnCount, factorCount, { seed: columnSeed, scale });
    const room = allocateHalfStep(job, rows.stride);
    for (let iteration = 0; iteration < iterations; iteration++) {
      await halfStep(job, room, input, { entries: sides.byRow, solved: rows, fixed: columns });
      await halfStep(job, room, input, { entries: sides.byColumn, solved: columns, fixed: rows });
    }
    refuseOverflow(job, rows);
    refuseOverflow(job, columns);
    return {
      factorCount,
      rows: copyOut(job, rows, factorCount),
      columns: copyOut(job, columns, factorCount),
    };
  });
}

/** Makes the columns' random numbers others than the rows'. */
export const COLUMNS = 0x5bf03635;

export function checkImplicitFactorization(input: ImplicitFactorization): void {
  const { matrix, weights, factorCount, regularization, iterations, steps } = input;
  checkOffsets(matrix);
  checkLength('weights', weights, matrix.columns.length);
  if (!(factorCount > 0) || factorCount % 4 !== 0) {
    throw new KernelInputError(`factorCount is ${factorCount}; give a multiple of 4.`);
  }
  if (!(regularization > 0) || !Number.isFinite(regularization)) {
    throw new KernelInputError(`regularization is ${regularization}; give a number above 0.`);
  }
  for (const [name, count] of Object.entries({ iterations, steps: steps ?? STEPS_DEFAULT })) {
    if (Number.isInteger(count) && count >= 1) continue;
    throw new KernelInputError(`${name} is ${count}; give a whole number from 1.`);
  }
}

function randomRows(
  job: KernelJob,
  rowCount: number,
  columns: number,
  { seed, scale }: { seed: number; scale: number },
): DenseRows {
  const matrix = allocateRows(job, rowCount, columns);
  job.call('fillUniform', matrix.address, rowCount, columns, matrix.stride, seed, scale);
  return matrix;
}

interface HalfStepRoom {
  readonly gram: Gram;
  readonly panels: number;
  readonly job: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}

function allocateHalfStep(job: KernelJob, stride: number): HalfStepRoom {
  const { arena } = job;
  const scratchBytes = Math.ceil((3 * BATCH * stride * 4 + BATCH * 4) / 64) * 64;
  return {
    gram: allocateGram(job, stride),
    panels: arena.allocate(4 * stride * stride),
    job: arena.allocate(4 * 13),
    scratch: arena.allocateZeroed(scratchBytes * job.threads),
    scratchBytes,
  };
}

/** Weights near the largest float make sums that are none. */
function refuseOverflow({ call }: KernelJob, { address, rowCount, stride }: DenseRows): void {
  if (call('firstBadValue', address, rowCount * stride, 0) < 0) return;
  throw new KernelInputError('The factors overflow 32-bit floats; give smaller weights.');
}

/** Solves one side's factors for the other's. */
async function halfStep(
  job: KernelJob,
  room: HalfStepRoom,
  input: ImplicitFactorization,
  { entries, solved, fixed }: { entries: Entries; solved: DenseRows; fixed: DenseRows },
): Promise<void> {
  const { stride } = solved;
  await sumGram(job, room.gram, fixed);
  job.call('packPanels', room.gram.sum, stride, input.regularization, room.panels);
  job.arena
    .u32(room.job, 13)
    .set([
      ...[0, solved.rowCount, ROWS_PER_CALL, stride, input.steps ?? STEPS_DEFAULT],
      ...[entries.offsets, entries.columns, entries.values, solved.address, fixed.address],
      ...[room.panels, room.scratch, room.scratchBytes],
    ]);
  await job.parallel('implicitHalfStep', room.job);
}
