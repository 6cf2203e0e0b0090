/**
 * A sparse matrix by rows (CSR), for training customers × items: the entries of row r are at the places
 * `offsets[r]` up to but without `offsets[r + 1]` of `columns` and of the values beside it.
 *
 * Rows may be empty. Columns of a row may be in any order; one that stands twice counts as one entry
 * with the sum of both values.
 */

import { KernelInputError } from './kernel-error.ts';
import type { KernelJob } from './kernel-pool.ts';

export interface SparseRows {
  /** One more than there are rows; begins with 0, ends with the number of entries, never falls. */
  readonly offsets: Uint32Array;
  /** Column of each entry, 0 … columnCount − 1. */
  readonly columns: Uint32Array;
  readonly columnCount: number;
}

/** Sums of weights: d_u of the rows and d_i of the columns. */
export interface Degrees {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** d_u = Σ_i w_ui and d_i = Σ_u w_ui. `weights` has one value an entry; each counts 1 where absent. */
export function degreesOf(matrix: SparseRows, weights?: Float32Array): Degrees {
  const { offsets, columns, columnCount } = matrix;
  const degrees = {
    rows: new Float64Array(rowCountOf(matrix)),
    columns: new Float64Array(columnCount),
  };
  for (let row = 0; row < degrees.rows.length; row++) {
    const end = offsets[row + 1] as number;
    for (let place = offsets[row] as number; place < end; place++) {
      const column = columns[place] as number;
      const weight = weights === undefined ? 1 : (weights[place] as number);
      degrees.rows[row] = (degrees.rows[row] as number) + weight;
      degrees.columns[column] = (degrees.columns[column] as number) + weight;
    }
  }
  return degrees;
}

/** d^-exponent, and 0 for a degree of 0: what nobody touched counts for nothing. */
export function damped(degrees: Float64Array, exponent: number): Float32Array {
  return Float32Array.from(degrees, (degree) => (degree > 0 ? degree ** -exponent : 0));
}

export function rowCountOf({ offsets }: SparseRows): number {
  return offsets.length - 1;
}

/** Throws where the offsets are no offsets of these columns. */
export function checkOffsets({ offsets, columns, columnCount }: SparseRows): void {
  if (!Number.isInteger(columnCount) || columnCount < 0) {
    throw new KernelInputError(`columnCount is ${columnCount}; give the number of columns.`);
  }
  if (offsets[0] !== 0 || offsets.at(-1) !== columns.length) {
    throw new KernelInputError(
      `offsets must begin with 0 and end with the ${columns.length} entries of columns.`,
    );
  }
  for (let row = 1; row < offsets.length; row++) {
    if ((offsets[row] as number) < (offsets[row - 1] as number)) {
      throw new KernelInputError(
        `offsets falls at row ${row}; every row must end where it begins or later.`,
      );
    }
  }
}

export function checkLength(name: string, values: ArrayLike<number>, expected: number): void {
  if (values.length === expected) return;
  throw new KernelInputError(`${name} has ${values.length} values; give ${expected}.`);
}

/** Lays the columns into the job's memory and throws where one is outside of the matrix. */
export function putColumns(
  { arena, call }: KernelJob,
  { columns, columnCount }: SparseRows,
): number {
  const address = arena.put(columns);
  const place = call('firstOutside', address, columns.length, columnCount);
  if (place < 0) return address;
  throw new KernelInputError(
    `columns[${place}] is ${columns[place]}; with columnCount ${columnCount} the last is ${columnCount - 1}.`,
  );
}

/** Lays values into the job's memory and throws where one is not finite, or negative where that is refused. */
export function putFinite(
  { arena, call }: KernelJob,
  name: string,
  values: Float32Array,
  sign: 'any' | 'not negative',
): number {
  const address = arena.put(values);
  const place = call('firstBadValue', address, values.length, sign === 'any' ? 0 : 1);
  if (place < 0) return address;
  const wanted = sign === 'any' ? 'finite' : 'finite and not negative';
  throw new KernelInputError(
    `${name}[${place}] is ${values[place]}; every value must be ${wanted}.`,
  );
}

/** What the plain twins demand of values, as `putFinite` and `putColumns` do of the kernels'. */
export function checkValues(
  { columns, columnCount }: SparseRows,
  arrays: Readonly<Record<string, Float32Array>>,
  sign: 'any' | 'not negative',
): void {
  if (columns.some((column) => column >= columnCount)) {
    throw new KernelInputError('columns has a value that is not below columnCount.');
  }
  for (const [name, values] of Object.entries(arrays)) {
    const place = values.findIndex(
      (value) => !Number.isFinite(value) || (sign === 'not negative' && value < 0),
    );
    if (place >= 0) throw new KernelInputError(`${name}[${place}] is ${values[place]}.`);
  }
}

/** The matrix with each column once in a row, at its first place and with the sum of its values. */
export function merged(
  matrix: SparseRows,
  values: Float32Array,
): { matrix: SparseRows; values: Float32Array } {
  const { offsets, columns, columnCount } = matrix;
  // One more than the place at which the column was last kept.
  const keptAt = new Float64Array(columnCount);
  const kept = {
    offsets: new Uint32Array(offsets.length),
    columns: new Uint32Array(columns.length),
  };
  const sums = new Float32Array(values.length);
  let count = 0;
  for (let row = 0; row < rowCountOf(matrix); row++) {
    const start = count;
    for (let place = offsets[row] as number; place < (offsets[row + 1] as number); place++) {
      const column = columns[place] as number;
      const earlier = (keptAt[column] ?? 0) - 1;
      if (earlier >= start) {
        sums[earlier] = (sums[earlier] as number) + (values[place] as number);
        continue;
      }
      kept.columns[count] = column;
      sums[count] = values[place] as number;
      count += 1;
      keptAt[column] = count;
    }
    kept.offsets[row + 1] = count;
  }
  if (count === columns.length) return { matrix, values };
  return {
    matrix: { offsets: kept.offsets, columns: kept.columns.subarray(0, count), columnCount },
    values: sums.subarray(0, count),
  };
}
