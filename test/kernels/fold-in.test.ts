import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEST_MAX,
  ENTRIES_MAX,
  FoldInKernel,
  type NeighbourLists,
  roomForLists,
} from '../../kernels/fold-in.ts';
import { KernelInputError } from '../../kernels/kernel-error.ts';
import {
  bestReference,
  foldInReference,
  type PlainEntry,
} from '../../kernels/reference/fold-in.ts';

const ROWS = 25;
/** Few different ones, so that sums are equal now and then; some vanish in 32 bits. */
const similarity = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 1, -0.25, 1e-38, 1e-45),
  fc.float({ noNaN: true, min: 0, max: 2 }),
);
const lists = fc
  .array(
    fc.uniqueArray(fc.tuple(fc.nat(ROWS - 1), similarity), {
      selector: ([row]) => row,
      maxLength: 20,
    }),
    { minLength: ROWS, maxLength: ROWS },
  )
  .map((rows): NeighbourLists => {
    const offsets = new Uint32Array(ROWS + 1);
    for (const [row, list] of rows.entries()) offsets[row + 1] = (offsets[row] ?? 0) + list.length;
    return {
      offsets,
      indices: Uint32Array.from(rows.flat(), ([row]) => row),
      scores: Float32Array.from(rows.flat(), ([, score]) => score),
    };
  });
const entry: fc.Arbitrary<PlainEntry> = fc.record({
  source: fc.nat(ROWS - 1),
  weight: fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ noNaN: true, min: 0, max: 10 })),
  lift: fc.constantFrom(1, 1, 0.5, 0, 2),
});

function fold(kernel: FoldInKernel, entries: readonly PlainEntry[]): number {
  for (const [at, { source, weight, lift }] of entries.entries()) {
    kernel.entries.sources[at] = source;
    kernel.entries.weights[at] = weight;
    kernel.entries.lifts[at] = lift;
  }
  return kernel.fold(entries.length);
}

function foldedRows(kernel: FoldInKernel, count: number): unknown {
  return Array.from({ length: count }, (_, at) => [
    kernel.indices[at],
    { score: kernel.scores[at], cause: kernel.causes[at] },
  ]);
}

describe('folding in by lists of neighbours', () => {
  it('gives its plain twin’s scores, causes and best to the last bit, fold after fold', () => {
    fc.assert(
      fc.property(
        lists,
        fc.array(fc.array(entry, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 30 }),
        fc.boolean(),
        (made, histories, wanted, isLaidThere) => {
          const kernel = new FoldInKernel(isLaidThere ? laid(made) : made);
          for (const history of histories) {
            const expected = foldInReference(made, history);
            const count = fold(kernel, history);
            expect(foldedRows(kernel, count)).toEqual(
              [...expected].map(([row, { score, cause }]) => [row, { score, cause }]),
            );
            const best = kernel.best(count, wanted).map((place) => kernel.indices[place]);
            expect(best).toEqual(bestReference(expected, wanted));
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('gives the best of many as of few, of equal ones the first rows', () => {
    const rows = 700;
    const many = fc.array(fc.constantFrom(0.25, 0.5, 0.5, 0.75, 1, 1e-40, -1), {
      minLength: rows,
      maxLength: rows,
    });
    const distinct = fc
      .array(fc.float({ noNaN: true, min: 0, max: 1 }), { minLength: rows, maxLength: rows })
      .map((some) => some.map(Math.fround));
    fc.assert(
      fc.property(
        fc.oneof(many, distinct),
        fc.integer({ min: 1, max: rows }),
        fc.integer({ min: 1, max: 70 }),
        (scores, length, wanted) => {
          const one = {
            offsets: new Uint32Array(rows + 1).fill(length, 1),
            indices: Uint32Array.from({ length }, (_, at) => (at * 11) % rows),
            scores: Float32Array.from(scores.slice(0, length)),
          };
          const kernel = new FoldInKernel(one);
          const history = [{ source: 0, weight: 1, lift: 1 }];
          const best = kernel.best(fold(kernel, history), wanted);
          expect(best.map((place) => kernel.indices[place])).toEqual(
            bestReference(foldInReference(one, history), wanted),
          );
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });

  it('takes as many entries and gives as many of the best as it says', () => {
    const rowCount = 2 * BEST_MAX;
    const kernel = new FoldInKernel({
      offsets: Uint32Array.from({ length: rowCount + 1 }, (_, row) => row),
      indices: Uint32Array.from({ length: rowCount }, (_, row) => (row + 1) % rowCount),
      scores: Float32Array.from({ length: rowCount }, (_, row) => 1 + row / rowCount),
    });
    const entries = Array.from({ length: ENTRIES_MAX }, (_, at) => ({
      source: 2 * at,
      weight: 1,
      lift: 1,
    }));
    const count = fold(kernel, entries);
    expect(count).toBe(ENTRIES_MAX);
    expect(kernel.causes.subarray(0, count)).toEqual(
      Uint8Array.from({ length: ENTRIES_MAX }, (_, at) => at),
    );
    const best = kernel.best(count, 10 * BEST_MAX);
    expect(best).toHaveLength(BEST_MAX);
    expect(kernel.indices[best[0] ?? 0]).toBe(rowCount - 1);
  });

  it('finds room for all rows, however many neighbours there are', () => {
    const kernel = new FoldInKernel(allToAll(500));
    const entries = Array.from({ length: ENTRIES_MAX }, (_, source) => ({
      source,
      weight: 1,
      lift: 1,
    }));
    expect(fold(kernel, entries)).toBe(500);
    expect(new Set(kernel.indices.subarray(0, 500)).size).toBe(500);
  });

  it('tells more items apart than 16 bits number', () => {
    const rows = 70_000;
    const kernel = new FoldInKernel({
      offsets: new Uint32Array(rows + 1).fill(rows, 1),
      indices: Uint32Array.from({ length: rows }, (_, at) => at),
      scores: new Float32Array(rows).fill(1),
    });
    expect(fold(kernel, [{ source: 0, weight: 1, lift: 1 }])).toBe(rows);
    expect(new Set(kernel.indices).size).toBe(rows);
    // Once more the same items: none is taken for another.
    expect(
      fold(
        kernel,
        [0, 0].map((source) => ({ source, weight: 1, lift: 1 })),
      ),
    ).toBe(rows);
    expect(kernel.scores.every((score) => score === 2)).toBe(true);
  });

  it('names the argument that is not as it must be', () => {
    const { offsets, indices, scores } = allToAll(3);
    const refused = (change: Partial<NeighbourLists>) => () =>
      new FoldInKernel({ offsets, indices, scores, ...change });
    expect(refused({ offsets: new Uint32Array() })).toThrow(KernelInputError);
    expect(refused({ scores: new Float32Array(2) })).toThrow('scores has 2 values and indices 9');
    expect(refused({ offsets: Uint32Array.of(0, 3, 6, 10) })).toThrow('offsets[2]');
    expect(refused({ offsets: Uint32Array.of(0, 5, 3, 9) })).toThrow('offsets[1]');
    expect(refused({ indices: Uint32Array.of(0, 1, 2, 0, 3, 2, 0, 1, 2) })).toThrow('indices[4]');
    const kernel = new FoldInKernel({ offsets, indices, scores });
    expect(() => kernel.fold(ENTRIES_MAX + 1)).toThrow('entryCount is 257');
    kernel.entries.sources[1] = 3;
    expect(() => kernel.fold(2)).toThrow('sources[1] is 3');
  });

  it('has nothing to say of no rows, and of no entries', () => {
    const empty = {
      offsets: new Uint32Array(1),
      indices: new Uint32Array(),
      scores: new Float32Array(),
    };
    expect(new FoldInKernel(empty).fold(0)).toBe(0);
    const kernel = new FoldInKernel(allToAll(3));
    expect(kernel.fold(0)).toBe(0);
    expect(kernel.best(0, 5)).toEqual([]);
  });
});

function laid(made: NeighbourLists): NeighbourLists {
  const room = roomForLists(made.offsets.length - 1, made.indices.length);
  room.offsets.set(made.offsets);
  room.indices.set(made.indices);
  room.scores.set(made.scores);
  return room;
}

function allToAll(rows: number): NeighbourLists {
  return {
    offsets: Uint32Array.from({ length: rows + 1 }, (_, row) => row * rows),
    indices: Uint32Array.from({ length: rows * rows }, (_, at) => at % rows),
    scores: Float32Array.from({ length: rows * rows }, (_, at) => 1 / (1 + at)),
  };
}
