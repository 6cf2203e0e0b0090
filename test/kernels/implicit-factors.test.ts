import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Factors,
  type ImplicitFactorization,
  implicitFactors,
} from '../../kernels/implicit-factors.ts';
import { KernelInputError } from '../../kernels/kernel-error.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { implicitFactorsReference } from '../../kernels/reference/implicit-factors.ts';
import { closeTo } from './close-to.ts';
import { sparseMatrix, sparseRows } from './sparse-arbitrary.ts';

const alone = new KernelPool({ threads: 1 });
const three = new KernelPool({ threads: 3 });
afterAll(() => Promise.all([alone.close(), three.close()]));

const anything: fc.Arbitrary<ImplicitFactorization> = sparseMatrix.chain((matrix) =>
  fc.record({
    matrix: fc.constant(matrix),
    weights: fc
      .array(fc.float({ min: 0, max: 20, noNaN: true }), {
        minLength: matrix.columns.length,
        maxLength: matrix.columns.length,
      })
      .map((values) => Float32Array.from(values)),
    factorCount: fc.constantFrom(4, 8, 12, 64),
    regularization: fc.constantFrom(1, 5),
    iterations: fc.integer({ min: 1, max: 2 }),
    steps: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(0xffffffff),
  }),
);

/** x_u · y_i of all pairs. Factors themselves may be turned by rounding where the data leaves them free. */
function predictionsOf({ factorCount, rows, columns }: Factors): Float32Array {
  const vectorsOf = (values: Float32Array) =>
    Array.from({ length: values.length / factorCount }, (_, at) =>
      values.subarray(at * factorCount, (at + 1) * factorCount),
    );
  return Float32Array.from(
    vectorsOf(rows).flatMap((row) =>
      vectorsOf(columns).map((column) =>
        row.reduce((sum, value, at) => sum + value * column[at]!, 0),
      ),
    ),
  );
}

function plain(
  rows: number[][],
  columnCount: number,
  changes: Partial<ImplicitFactorization> = {},
) {
  const matrix = sparseRows(rows, columnCount);
  return {
    matrix,
    weights: new Float32Array(matrix.columns.length).fill(5),
    factorCount: 8,
    regularization: 0.1,
    iterations: 10,
    seed: 1,
    ...changes,
  };
}

describe('implicit factors', () => {
  it('are their plain twin’s but for rounding, and the same on any number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        const expected = implicitFactorsReference(input);
        const found = await implicitFactors(alone, input);
        closeTo(predictionsOf(found), predictionsOf(expected), 0.02);
        expect(await implicitFactors(three, input)).toEqual(found);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  it('rank a checkerboard’s own colour first', async () => {
    const size = 50;
    const rows = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => column).filter(
        (column) => (row + column) % 2 === 0 && column !== row,
      ),
    );
    const found = await implicitFactors(three, plain(rows, size, { regularization: 5 }));
    const predictions = predictionsOf(found);
    for (let row = 0; row < size; row++) {
      const scores = predictions.subarray(row * size, (row + 1) * size);
      // The left-out entry of the row's own colour is above every one of the other.
      const others = scores.filter((_, column) => (row + column) % 2 === 1);
      expect(scores[row]).toBeGreaterThan(Math.max(...others) + 0.5);
    }
  });

  it('take a column that stands twice for one with the sum of both weights', async () => {
    const twice = plain([[0, 1, 0], [1]], 2, { weights: Float32Array.of(1, 2, 3, 4) });
    const once = plain([[0, 1], [1]], 2, { weights: Float32Array.of(4, 2, 4) });
    expect(await implicitFactors(alone, twice)).toEqual(await implicitFactors(alone, once));
  });

  it.each<[what: string, rows: number[][], columns: number]>([
    ['no customers', [], 3],
    ['no items', [[], []], 0],
    ['one of each', [[0]], 1],
    ['one customer with everything', [Array.from({ length: 3000 }, (_, at) => at)], 3000],
  ])('of %s are finite, and 0 where nothing is known', async (_, rows, columns) => {
    const found = await implicitFactors(three, plain(rows, columns));
    expect(found.rows).toHaveLength(8 * rows.length);
    expect(found.columns).toHaveLength(8 * columns);
    for (const [row, entries] of rows.entries()) {
      const isZero = found.rows.subarray(8 * row, 8 * row + 8).every((value) => value === 0);
      expect(isZero).toBe(entries.length === 0);
    }
  });

  it('differ with the seed', async () => {
    const found = [1, 2].map((seed) => implicitFactors(alone, plain([[0, 1], [1]], 2, { seed })));
    expect((await found[0]!).rows).not.toEqual((await found[1]!).rows);
  });

  it.each<[what: string, changes: Partial<ImplicitFactorization>, message: RegExp]>([
    [
      'a weight that is no number',
      { weights: Float32Array.of(1, Number.NaN) },
      /weights\[1\] is NaN/,
    ],
    ['a negative weight', { weights: Float32Array.of(-1, 1) }, /weights\[0\] is -1/],
    ['an infinite weight', { weights: Float32Array.of(1, Infinity) }, /weights\[1\] is Infinity/],
    ['weights that overflow', { weights: Float32Array.of(3e38, 3e38) }, /overflow/],
    ['too few weights', { weights: Float32Array.of(1) }, /weights has 1 values; give 2/],
    ['five factors', { factorCount: 5 }, /factorCount is 5/],
    ['no factors', { factorCount: 0 }, /factorCount is 0/],
    ['no regularization', { regularization: 0 }, /regularization is 0/],
    ['no iterations', { iterations: 0 }, /iterations is 0/],
    ['half a step', { steps: 0.5 }, /steps is 0.5/],
    ['an item out of range', { matrix: sparseRows([[0, 9]], 2) }, /columns\[1\] is 9/],
  ])('refuse %s', async (_, changes, message) => {
    const input = plain([[0, 1]], 2, changes);
    const attempt = async () => implicitFactors(three, input);
    await expect(attempt()).rejects.toThrow(KernelInputError);
    await expect(attempt()).rejects.toThrow(message);
  });
});
