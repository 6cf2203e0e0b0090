/**
 * The greatest singular values and vectors of a sparse matrix, A ≈ U Σ Vᵀ, by random projection (Halko,
 * Martinsson & Tropp, SIAM Review 2011, algorithms 4.4 and 5.1): the range of A is found by applying A and
 * Aᵀ in turns to random vectors, and A is decomposed within it.
 *
 * Long bases are made orthonormal by Cholesky's factor of their Gram matrix, the last one twice (Yamamoto
 * et al., ETNA 2015). Sums of long columns are f32 in 32 parts and f64 beyond; the small dense problems
 * are f64. Singular values below some 10⁻³ of the greatest have few right digits: they are roots of f32 sums.
 *
 * With l = components + oversampling it takes O(powerIterations · (entries · l + (rows + columns) · l²));
 * memory: 8·l bytes a row and a column and 16 bytes an entry. The plain twin is
 * `reference/truncated-svd.ts`; they agree to the rounding of 32-bit floats, and the kernel with itself to
 * the last bit on any number of threads.
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
import { allocateProduct, denseProduct, sparseProduct } from './products.ts';
import { type BothSides, type Entries, putBothSides } from './sparse-entries.ts';
import { checkLength, checkOffsets, rowCountOf, type SparseRows } from './sparse-rows.ts';

export interface TruncatedSvdInput {
  readonly matrix: SparseRows;
  /** One value an entry, finite, of any sign. Below some 10⁻¹⁸ their squares are no 32-bit floats any more. */
  readonly values: Float32Array;
  /** k ≥ 1; fewer are found where the matrix has fewer rows or columns. */
  readonly componentCount: number;
  /** Vectors beyond k that the search keeps; 10 where absent. */
  readonly oversampling?: number;
  /** Times that A and Aᵀ are applied before the last time; 4 where absent, 0 for spectra that fall fast. */
  readonly powerIterations?: number;
  /** 0 … 2^32 − 1 */
  readonly seed: number;
}

export interface TruncatedSvd {
  readonly componentCount: number;
  /** Greatest first. Beyond the matrix's rank they are about 0, and the vectors are 0 where exactly so. */
  readonly singularValues: Float32Array;
  /** U by rows: componentCount values a row of the matrix. */
  readonly left: Float32Array;
  /** V by rows: componentCount values a column of the matrix. */
  readonly right: Float32Array;
}

export const OVERSAMPLING_DEFAULT = 10;
export const POWER_ITERATIONS_DEFAULT = 4;
/** A column that others explain but for this part of its square is rounding. */
const DEPENDENT = 3e-7;
/** The second time all columns are near orthonormal; what is not was rounding the first time. */
const DEPENDENT_AGAIN = 0.1;
/** A basis is made orthonormal after two products instead of one while one spreads lengths no more than this. */
const SPREAD_MAX = 16;
/** Singular values below this part of the greatest divide nothing. */
const NEGLIGIBLE = 1e-6;

/** @throws KernelInputError, KernelMemoryError, KernelThreadError */
export function truncatedSvd(pool: KernelPool, input: TruncatedSvdInput): Promise<TruncatedSvd> {
  checkTruncatedSvd(input);
  const { componentCount, width } = widthOf(input);
  if (width === 0) return Promise.resolve(nothing(input));
  return pool.run(async (job) => {
    const { matrix, values } = input;
    const sides = putBothSides(job, matrix, { name: 'values', values, sign: 'any' });
    const isTurned = isWide(matrix);
    const longer = isTurned ? { byRow: sides.byColumn, byColumn: sides.byRow } : sides;
    const room = allocateRoom(job, longer, width);
    await findRange(job, room, longer, input, width);
    const found = await decompose(job, room, longer, componentCount);
    return isTurned ? { ...found, left: found.right, right: found.left } : found;
  });
}

export function checkTruncatedSvd(input: TruncatedSvdInput): void {
  checkOffsets(input.matrix);
  checkLength('values', input.values, input.matrix.columns.length);
  const { componentCount, oversampling, powerIterations } = input;
  const counts = {
    componentCount: [componentCount, 1],
    oversampling: [oversampling ?? OVERSAMPLING_DEFAULT, 0],
    powerIterations: [powerIterations ?? POWER_ITERATIONS_DEFAULT, 0],
  };
  for (const [name, [count = 0, least = 0]] of Object.entries(counts)) {
    if (Number.isInteger(count) && count >= least) continue;
    throw new KernelInputError(`${name} is ${count}; give a whole number from ${least}.`);
  }
}

/** Whether Aᵀ is decomposed in place of A: the basis that is found is the longer side's, the last problem the shorter's. */
export function isWide(matrix: SparseRows): boolean {
  return rowCountOf(matrix) < matrix.columnCount;
}

/** k and l as far as the matrix has rows and columns. */
export function widthOf(input: TruncatedSvdInput): { componentCount: number; width: number } {
  const { matrix, componentCount, oversampling = OVERSAMPLING_DEFAULT } = input;
  const most = Math.min(rowCountOf(matrix), matrix.columnCount);
  return {
    componentCount: Math.min(componentCount, most),
    width: Math.min(componentCount + oversampling, most),
  };
}

/** The decomposition of a matrix without rows or columns. */
export function nothing({ matrix }: TruncatedSvdInput): TruncatedSvd {
  if (matrix.columns.length > 0) {
    throw new KernelInputError(`columns has ${matrix.columns.length} entries of no columns.`);
  }
  const none = new Float32Array(0);
  return { componentCount: 0, singularValues: none, left: none, right: none };
}

/** A basis of rows or columns, and room for the next one. */
interface Basis {
  current: DenseRows;
  spare: DenseRows;
}

interface Room {
  readonly stride: number;
  readonly rows: Basis;
  readonly columns: Basis;
  readonly gram: Gram;
  /** f64[stride][stride] */
  readonly small: number;
  readonly panels: number;
  readonly product: number;
}

function allocateRoom(job: KernelJob, sides: BothSides, width: number): Room {
  const pair = (rowCount: number) => ({
    current: allocateRows(job, rowCount, width),
    spare: allocateRows(job, rowCount, width),
  });
  const rows = pair(sides.byRow.rowCount);
  const columns = pair(sides.byColumn.rowCount);
  const { stride } = rows.current;
  return {
    stride,
    rows,
    columns,
    gram: allocateGram(job, stride),
    small: job.arena.allocate(8 * stride * stride),
    panels: job.arena.allocate(4 * stride * stride),
    product: allocateProduct(job),
  };
}

/** Leaves in `room.rows` an orthonormal basis of what A reaches most. */
async function findRange(
  job: KernelJob,
  room: Room,
  { byRow, byColumn }: BothSides,
  { seed, powerIterations = POWER_ITERATIONS_DEFAULT }: TruncatedSvdInput,
  width: number,
): Promise<void> {
  const { address, rowCount, stride } = room.columns.current;
  job.call('fillUniform', address, rowCount, width, stride, seed, 1);
  await apply(job, room, byRow, room.columns, room.rows);
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    const spread = await orthonormalize(job, room, room.rows, DEPENDENT);
    await apply(job, room, byColumn, room.rows, room.columns);
    if (spread > SPREAD_MAX) await orthonormalize(job, room, room.columns, DEPENDENT);
    await apply(job, room, byRow, room.columns, room.rows);
  }
  await orthonormalize(job, room, room.rows, DEPENDENT);
  await orthonormalize(job, room, room.rows, DEPENDENT_AGAIN);
}

/** to = A · from */
function apply(job: KernelJob, room: Room, sparse: Entries, from: Basis, to: Basis): Promise<void> {
  return sparseProduct(job, room.product, { sparse, dense: from.current, out: to.current });
}

/** Makes a basis's columns orthonormal, or 0 where others explain them; returns how far their lengths spread. */
async function orthonormalize(
  job: KernelJob,
  room: Room,
  basis: Basis,
  tolerance: number,
): Promise<number> {
  await sumGram(job, room.gram, basis.current);
  const spread = job.call('invertCholesky', room.gram.sum, room.stride, tolerance, room.small);
  job.call('packPanels', room.small, room.stride, 0, room.panels);
  await multiply(job, room, basis, true);
  return spread;
}

/** basis ← basis · M, with M in the room's panels. */
async function multiply(job: KernelJob, room: Room, basis: Basis, isUpper: boolean): Promise<void> {
  const { current, spare } = basis;
  const { panels } = room;
  await denseProduct(job, room.product, { dense: current, panels, isUpper, out: spare });
  basis.current = spare;
  basis.spare = current;
}

/** With Q the basis of rows and B = QᵀA: B Bᵀ = W Σ² Wᵀ, U = Q W, V = Bᵀ W Σ⁻¹. */
async function decompose(
  job: KernelJob,
  room: Room,
  { byColumn }: BothSides,
  componentCount: number,
): Promise<TruncatedSvd> {
  const { stride } = room;
  await apply(job, room, byColumn, room.rows, room.columns);
  await sumGram(job, room.gram, room.columns.current);
  const { order, roots, vectors } = eigen(job, room);
  const greatest = roots[order[0] ?? 0] ?? 0;
  const place = (factorOf: (root: number) => number) => {
    const weights = new Float64Array(stride * stride);
    for (const [column, from] of order.entries()) {
      const factor = factorOf(roots[from] ?? 0);
      for (let row = 0; row < stride; row++) {
        weights[row * stride + column] = factor * (vectors[from * stride + row] as number);
      }
    }
    job.arena.f64(room.small, stride * stride).set(weights);
    job.call('packPanels', room.small, stride, 0, room.panels);
  };
  const isNothing = (root: number) => root <= NEGLIGIBLE * greatest;
  place((root) => (isNothing(root) ? 0 : 1));
  await multiply(job, room, room.rows, false);
  place((root) => (isNothing(root) ? 0 : 1 / root));
  await multiply(job, room, room.columns, false);
  const singular = order.slice(0, componentCount).map((from) => roots[from] ?? 0);
  return {
    componentCount,
    singularValues: Float32Array.from(singular, (root) => (isNothing(root) ? 0 : root)),
    left: copyOut(job, room.rows.current, componentCount),
    right: copyOut(job, room.columns.current, componentCount),
  };
}

/** Roots of the eigenvalues of `room.gram.sum`, its eigenvectors by rows, and their order, greatest first. */
function eigen(job: KernelJob, room: Room) {
  const { stride } = room;
  const values = job.arena.allocate(8 * stride);
  const spare = job.arena.allocate(8 * 3 * stride);
  if (job.call('symmetricEigen', room.gram.sum, stride, values, room.small, spare) === 0) {
    throw new KernelInputError(
      'The values have no decomposition in 32-bit floats; give smaller ones.',
    );
  }
  const vectors = new Float64Array(job.arena.f64(room.small, stride * stride));
  const roots = Array.from(job.arena.f64(values, stride), (value) => Math.sqrt(Math.max(value, 0)));
  if (!roots.every(Number.isFinite)) {
    throw new KernelInputError('The values overflow 32-bit floats; give smaller ones.');
  }
  const order = roots.map((_, at) => at).sort((a, b) => (roots[b] ?? 0) - (roots[a] ?? 0) || a - b);
  return { order, roots, vectors };
}
