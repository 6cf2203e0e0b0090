import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Cooccurrence, cooccurrence, type Neighbours } from '../../kernels/cooccurrence.ts';
import { KernelInputError } from '../../kernels/kernel-error.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { cooccurrenceReference } from '../../kernels/reference/cooccurrence.ts';
import { damped, degreesOf, rowCountOf } from '../../kernels/sparse-rows.ts';
import { sparseMatrix, sparseRows, weights } from './sparse-arbitrary.ts';

const alone = new KernelPool({ threads: 1 });
const three = new KernelPool({ threads: 3 });
afterAll(() => Promise.all([alone.close(), three.close()]));

const anything: fc.Arbitrary<Cooccurrence> = sparseMatrix.chain((matrix) =>
  fc.record({
    matrix: fc.constant(matrix),
    sourceWeights: weights(matrix.columns.length),
    targetWeights: weights(matrix.columns.length),
    rowScale: weights(rowCountOf(matrix)),
    sourceScale: weights(matrix.columnCount),
    targetScale: weights(matrix.columnCount),
    neighboursMax: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1000)),
    keepsSelf: fc.boolean(),
  }),
);

/** Every weight and scale 1. */
function plain(rows: number[][], columnCount: number, changes: Partial<Cooccurrence> = {}) {
  const matrix = sparseRows(rows, columnCount);
  const ones = (length: number) => new Float32Array(length).fill(1);
  return {
    matrix,
    sourceWeights: ones(matrix.columns.length),
    targetWeights: ones(matrix.columns.length),
    rowScale: ones(rows.length),
    sourceScale: ones(columnCount),
    targetScale: ones(columnCount),
    neighboursMax: 10,
    keepsSelf: false,
    ...changes,
  };
}

function rowsOf({ offsets, indices, scores }: Neighbours): [item: number, score: number][][] {
  return Array.from({ length: offsets.length - 1 }, (_, row) =>
    Array.from(indices.subarray(offsets[row], offsets[row + 1]), (item, at) => [
      item,
      scores[offsets[row]! + at]!,
    ]),
  );
}

describe('co-occurrence', () => {
  it('is its plain twin to the last bit, on any number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        const expected = cooccurrenceReference(input);
        expect(await cooccurrence(alone, input)).toEqual(expected);
        expect(await cooccurrence(three, input)).toEqual(expected);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('is its plain twin where rows have more candidates than are kept', async () => {
    const row = (start: number) =>
      Array.from({ length: 300 }, (_, at) => (start + at * at) % 700).sort((a, b) => a - b);
    const matrix = sparseRows(
      Array.from({ length: 80 }, (_, start) => row(start * 13)),
      700,
    );
    const degrees = degreesOf(matrix);
    for (const neighboursMax of [1, 25, 200]) {
      const input = plain([], 700, {
        matrix,
        sourceWeights: new Float32Array(matrix.columns.length).fill(1),
        targetWeights: Float32Array.from(matrix.columns, (_, at) => 1 + (at % 7)),
        rowScale: damped(degrees.rows, 1),
        sourceScale: damped(degrees.columns, 0.6),
        targetScale: damped(degrees.columns, 0.2),
        neighboursMax,
      });
      expect(await cooccurrence(three, input)).toEqual(cooccurrenceReference(input));
    }
  });

  it('counts who has both, the best first, equal ones by number', async () => {
    const input = plain([[0, 1, 3], [0, 1], [2], [], [3, 2]], 5);
    expect(rowsOf(await cooccurrence(alone, input))).toEqual([
      [
        [1, 2],
        [3, 1],
      ],
      [
        [0, 2],
        [3, 1],
      ],
      [[3, 1]],
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
      [],
    ]);
  });

  it('takes a column that stands twice for one of both weights', async () => {
    const twice = plain([[0, 1, 0]], 2, { sourceWeights: Float32Array.of(1, 1, 2) });
    const once = plain([[0, 1]], 2, {
      sourceWeights: Float32Array.of(3, 1),
      targetWeights: Float32Array.of(2, 1),
    });
    const neighbours = rowsOf(await cooccurrence(alone, twice));
    expect(neighbours).toEqual(rowsOf(await cooccurrence(alone, once)));
    expect(neighbours).toEqual([[[1, 3]], [[0, 2]]]);
  });

  it.each<[what: string, rows: number[][], items: number, pairs: number]>([
    ['no customers', [], 3, 0],
    ['no items', [[], []], 0, 0],
    ['one item', [[0], [0]], 1, 0],
    ['one customer with everything', [Array.from({ length: 500 }, (_, at) => at)], 500, 500 * 10],
  ])('of %s ends', async (_, rows, items, pairs) => {
    const neighbours = await cooccurrence(three, plain(rows, items));
    expect(neighbours.indices).toHaveLength(pairs);
    expect(neighbours.offsets).toHaveLength(items + 1);
  });

  it.each<[what: string, changes: Partial<Cooccurrence>, message: RegExp]>([
    [
      'a weight that is no number',
      { sourceWeights: Float32Array.of(1, Number.NaN) },
      /sourceWeights\[1\] is NaN/,
    ],
    [
      'an infinite weight',
      { targetWeights: Float32Array.of(Infinity, 1) },
      /targetWeights\[0\] is Infinity/,
    ],
    ['a negative weight', { sourceWeights: Float32Array.of(1, -1) }, /sourceWeights\[1\] is -1/],
    ['a negative scale', { rowScale: Float32Array.of(-2) }, /rowScale\[0\] is -2/],
    [
      'too few weights',
      { sourceWeights: Float32Array.of(1) },
      /sourceWeights has 1 values; give 2/,
    ],
    ['no neighbours', { neighboursMax: 0 }, /neighboursMax is 0/],
    ['an item out of range', { matrix: sparseRows([[0, 7]], 2) }, /columns\[1\] is 7/],
    [
      'scores that overflow',
      { sourceScale: Float32Array.of(3e38, 3e38), targetScale: Float32Array.of(9, 9) },
      /item 0 overflow/,
    ],
    [
      'offsets that fall',
      {
        matrix: {
          offsets: Uint32Array.of(0, 2, 1, 2),
          columns: Uint32Array.of(0, 1),
          columnCount: 2,
        },
      },
      /offsets falls at row 2/,
    ],
  ])('refuses %s', async (_, changes, message) => {
    const input = plain([[0, 1]], 2, changes);
    const attempt = async () => cooccurrence(three, input);
    await expect(attempt()).rejects.toThrow(KernelInputError);
    await expect(attempt()).rejects.toThrow(message);
    expect(() => cooccurrenceReference(input)).toThrow(KernelInputError);
    // The pool is as good as before.
    expect(rowsOf(await cooccurrence(three, plain([[0, 1]], 2)))).toEqual([[[1, 1]], [[0, 1]]]);
  });
});
