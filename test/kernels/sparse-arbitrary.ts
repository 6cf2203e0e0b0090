import * as fc from 'fast-check';
import type { SparseRows } from '../../kernels/sparse-rows.ts';

/** The matrix whose rows have these columns. */
export function sparseRows(rows: readonly (readonly number[])[], columnCount: number): SparseRows {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [row, columns] of rows.entries()) offsets[row + 1] = offsets[row]! + columns.length;
  return { offsets, columns: Uint32Array.from(rows.flat()), columnCount };
}

/** Rows that are mostly short, some empty, some with a column twice, now and then one of everything. */
export const sparseMatrix: fc.Arbitrary<SparseRows> = fc
  .integer({ min: 1, max: 90 })
  .chain((columnCount) => {
    const column = fc.nat({ max: columnCount - 1 });
    const row = fc.oneof(
      { weight: 8, arbitrary: fc.array(column, { maxLength: 12 }) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constant(Array.from({ length: columnCount }, (_, at) => at)) },
    );
    return fc.array(row, { maxLength: 40 }).map((rows) => sparseRows(rows, columnCount));
  });

/** That many finite numbers from 0, of many magnitudes and with equal ones among them. */
export function weights(length: number): fc.Arbitrary<Float32Array> {
  const weight = fc.oneof(
    fc.constantFrom(0, 1, 1, 1, 0.5, 3, -0, 1e-30, 1e-45),
    fc.float({ min: 0, max: 100, noNaN: true }),
  );
  return fc
    .array(weight, { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));
}
