/**
 * The plain twin of `../truncated-svd.ts`: the same random vectors and the same powers of A, in 64-bit
 * floats, with bases made orthonormal column by column (Gram–Schmidt, twice) and Jacobi's rotations.
 */
import { checkValues, rowCountOf, type SparseRows } from '../sparse-rows.ts';
import {
  checkTruncatedSvd,
  isWide,
  nothing,
  POWER_ITERATIONS_DEFAULT,
  type TruncatedSvd,
  type TruncatedSvdInput,
  widthOf,
} from '../truncated-svd.ts';
import { uniformRows } from './uniform-rows.ts';

/** A vector of rows or columns; a basis is a list of them. */
type Vector = Float64Array;

/** A vector that others explain but for this part of its length is rounding. */
const DEPENDENT = 1e-9;
const SWEEPS = 60;

export function truncatedSvdReference(input: TruncatedSvdInput): TruncatedSvd {
  checkTruncatedSvd(input);
  checkValues(input.matrix, { values: input.values }, 'any');
  const { matrix, powerIterations = POWER_ITERATIONS_DEFAULT } = input;
  const { componentCount, width } = widthOf(input);
  if (width === 0) return nothing(input);
  const isTurned = isWide(matrix);
  const [apply, applyBack] = isTurned ? [timesTransposed, times] : [times, timesTransposed];
  const sides = [rowCountOf(matrix), matrix.columnCount] as const;
  const [longer, shorter] = isTurned ? [sides[1], sides[0]] : sides;
  const random = uniformRows(shorter, width, input.seed, 1);
  const start = Array.from({ length: width }, (_, at) =>
    Float64Array.from(random, (row) => row[at] ?? 0),
  );
  let range = orthonormal(start.map((vector) => apply(matrix, input.values, vector)));
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    const back = orthonormal(range.map((vector) => applyBack(matrix, input.values, vector)));
    range = orthonormal(back.map((vector) => apply(matrix, input.values, vector)));
  }
  const images = range.map((vector) => applyBack(matrix, input.values, vector));
  const { values, vectors } = jacobi(
    images.map((a) => Float64Array.from(images, (b) => dot(a, b))),
  );
  const order = values.map((_, at) => at).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const singular = order
    .slice(0, componentCount)
    .map((at) => Math.sqrt(Math.max(values[at] ?? 0, 0)));
  const left = combined(range, vectors, order, longer);
  const right = combined(images, vectors, order, shorter);
  const scaled = right.map((vector, at) => vector.map((value) => value / (singular[at] || 1)));
  return {
    componentCount,
    singularValues: Float32Array.from(singular),
    left: byRows(isTurned ? scaled : left, sides[0], componentCount),
    right: byRows(isTurned ? left : scaled, sides[1], componentCount),
  };
}

/** A · x */
function times({ offsets, columns }: SparseRows, values: Float32Array, x: Vector): Vector {
  const out = new Float64Array(offsets.length - 1);
  for (let row = 0; row < out.length; row++) {
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
      const product = (values[at] as number) * (x[columns[at] as number] as number);
      out[row] = (out[row] as number) + product;
    }
  }
  return out;
}

/** Aᵀ · x */
function timesTransposed(
  { offsets, columns, columnCount }: SparseRows,
  values: Float32Array,
  x: Vector,
): Vector {
  const out = new Float64Array(columnCount);
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
      const column = columns[at] as number;
      out[column] = (out[column] as number) + (values[at] as number) * (x[row] as number);
    }
  }
  return out;
}

function orthonormal(vectors: readonly Vector[]): Vector[] {
  const basis: Vector[] = [];
  for (const vector of vectors) {
    let left = vector;
    const length = Math.sqrt(dot(vector, vector));
    for (const pass of [1, 2]) {
      for (const other of basis) {
        const part = dot(left, other);
        left = left.map((value, at) => value - part * (other[at] as number));
      }
      const kept = Math.sqrt(dot(left, left));
      if (kept <= (pass === 1 ? DEPENDENT * length : 0)) {
        left = left.map(() => 0);
        break;
      }
      left = left.map((value) => value / kept);
    }
    basis.push(left);
  }
  return basis;
}

/** Eigenvalues of a symmetric matrix, and its eigenvectors. */
function jacobi(matrix: Vector[]): { values: number[]; vectors: Vector[] } {
  const size = matrix.length;
  const vectors = matrix.map((_, at) =>
    Float64Array.from(matrix, (_row, to) => (to === at ? 1 : 0)),
  );
  const entry = (row: number, column: number) => (matrix[row] as Vector)[column] as number;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const off = entry(p, q);
        if (Math.abs(off) <= 1e-15 * Math.sqrt(Math.abs(entry(p, p) * entry(q, q)))) continue;
        moved += 1;
        const angle = 0.5 * Math.atan2(2 * off, entry(q, q) - entry(p, p));
        turn(matrix, p, q, angle);
        for (const row of matrix) turnPair(row, p, q, angle);
        turn(vectors, p, q, angle);
      }
    }
    if (moved === 0) break;
  }
  return { values: matrix.map((row, at) => row[at] as number), vectors };
}

function turn(rows: Vector[], p: number, q: number, angle: number): void {
  const [upper, lower] = [rows[p] as Vector, rows[q] as Vector];
  for (let at = 0; at < upper.length; at++) {
    const [a, b] = [upper[at] as number, lower[at] as number];
    upper[at] = Math.cos(angle) * a - Math.sin(angle) * b;
    lower[at] = Math.sin(angle) * a + Math.cos(angle) * b;
  }
}

function turnPair(row: Vector, p: number, q: number, angle: number): void {
  const [a, b] = [row[p] as number, row[q] as number];
  row[p] = Math.cos(angle) * a - Math.sin(angle) * b;
  row[q] = Math.sin(angle) * a + Math.cos(angle) * b;
}

/** Σ weights · vectors, for the weights of each in this order. */
function combined(
  vectors: readonly Vector[],
  weights: readonly Vector[],
  order: readonly number[],
  length: number,
): Vector[] {
  return order.map((from) => {
    const out = new Float64Array(length);
    for (const [at, vector] of vectors.entries()) {
      const weight = weights[from]?.[at] ?? 0;
      for (let place = 0; place < length; place++) {
        out[place] = (out[place] as number) + weight * (vector[place] as number);
      }
    }
    return out;
  });
}

function byRows(vectors: readonly Vector[], rowCount: number, count: number): Float32Array {
  return Float32Array.from(
    { length: rowCount * count },
    (_, at) => vectors[at % count]?.[Math.floor(at / count)] ?? 0,
  );
}

function dot(left: Vector, right: Vector): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] as number), 0);
}
