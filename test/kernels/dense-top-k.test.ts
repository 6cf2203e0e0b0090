import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DenseIndex, denseTopK } from '../../kernels/dense-top-k.ts';
import { KernelInputError } from '../../kernels/kernel-error.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { quantizeRows } from '../../kernels/quantized-rows.ts';
import { denseTopKReference } from '../../kernels/reference/dense-top-k.ts';

const alone = new KernelPool({ threads: 1 });
const three = new KernelPool({ threads: 3 });
afterAll(() => Promise.all([alone.close(), three.close()]));

const value = fc.oneof(
  fc.constantFrom(0, 0, 1, -1, 1e-30, -1e-30, 127),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }),
);

const anything = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), wanted: fc.integer({ min: 1, max: 30 }) })
  .chain(({ width, wanted }) => {
    const rows = fc
      .array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 60 })
      // A row that stands several times has equal scores.
      .chain((some) => fc.shuffledSubarray([...some, ...some], { minLength: 0 }))
      .map((all) => quantizeRows(Float32Array.from(all.flat()), all.length, width));
    return fc.record({ rows, queries: rows, wanted: fc.constant(wanted) });
  });

/** Numbers from −1 to 1 that look random. */
function numbers(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => Math.sin(at * at + at));
}

describe('the best of quantised vectors', () => {
  it('are their plain twin’s to the last bit, on any number of threads and by an index', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        const expected = denseTopKReference(input);
        expect(await denseTopK(alone, input)).toEqual(expected);
        expect(await denseTopK(three, input)).toEqual(expected);
        expect(new DenseIndex(input.rows).search(input.queries, input.wanted)).toEqual(expected);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('are their plain twin’s among more than a buffer holds, and an index answers again and again', () => {
    const rows = quantizeRows(numbers(3000 * 20), 3000, 20);
    const index = new DenseIndex(rows);
    for (const wanted of [1, 100, 2990, 5000]) {
      const queries = quantizeRows(
        numbers(3 * 20).map((one) => one + wanted / 5000),
        3,
        20,
      );
      expect(index.search(queries, wanted)).toEqual(denseTopKReference({ rows, queries, wanted }));
    }
  });

  it('are near the best of the vectors themselves', () => {
    const [count, width] = [2000, 64];
    const values = numbers(count * width);
    const query = numbers(width + 7).slice(7);
    const exact = Array.from({ length: count }, (_, row) => ({
      row,
      score: query.reduce((sum, one, at) => sum + one * values[row * width + at]!, 0),
    })).sort((a, b) => b.score - a.score);
    const found = new DenseIndex(quantizeRows(values, count, width)).search(
      quantizeRows(query, 1, width),
      20,
    );
    const best = new Set(exact.slice(0, 20).map(({ row }) => row));
    expect(found.indices.filter((row) => best.has(row)).length).toBeGreaterThanOrEqual(18);
    for (const [at, score] of found.scores.entries()) {
      expect(Math.abs(score - exact[at]!.score)).toBeLessThan(0.3);
    }
  });

  it('refuse what is no vector', () => {
    const rows = quantizeRows(numbers(6), 2, 3);
    const refused: [() => unknown, RegExp][] = [
      [() => quantizeRows(Float32Array.of(1, Number.NaN), 1, 2), /values\[1\] is NaN/],
      [() => quantizeRows(Float32Array.of(Infinity, 1), 1, 2), /values\[0\] is Infinity/],
      [() => quantizeRows(Float32Array.of(1), 1, 2), /values has 1 values; give 2/],
      [() => quantizeRows(Float32Array.of(), 1, 0), /width is 0/],
      [
        () => new DenseIndex(rows).search(quantizeRows(numbers(2), 1, 2), 5),
        /have 2 values and the rows 3/,
      ],
      [() => new DenseIndex(rows).search(rows, 0), /wanted is 0/],
    ];
    for (const [attempt, message] of refused) {
      expect(attempt).toThrow(KernelInputError);
      expect(attempt).toThrow(message);
    }
  });
});
