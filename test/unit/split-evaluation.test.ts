import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carveValidation } from '../../core/training/holdout/carve-validation.ts';
import { judgeRanking, splitAccuracy } from '../../core/training/holdout/ranking-accuracy.ts';
import {
  emptyDictionaries,
  SplitLineError,
  SplitLines,
} from '../../core/training/holdout/split-lines.ts';
import { unweighted } from '../../core/training/holdout/tuning-part.ts';
import { constantModel, fitPopular } from '../../core/training/models/popular.ts';
import { topItems } from '../../core/training/top-items.ts';

const SEED = 20_261_127;

function linesOf(...texts: string[]): SplitLines {
  const lines = new SplitLines(emptyDictionaries());
  for (const text of texts) lines.add(text);
  return lines;
}

describe('lines of a split', () => {
  it('name a customer and items, which count once each, in any number of lines', () => {
    const lines = linesOf('7 a b', '', '8\tc  a ', '7 b d\r', '9');
    const { rows, repeated } = lines.rows();
    expect([...rows.offsets]).toEqual([0, 3, 5, 5]);
    expect(rows.columnCount).toBe(4);
    expect(repeated).toBe(1);
  });

  it.each([
    ['1,2,3', 'turn CSV or JSON into that'],
    ['{"user":1}', 'turn CSV or JSON into that'],
    ['PK\u0000 x', 'is not text'],
  ])('are refused with their number and a remedy: %j', (text, message) => {
    const lines = linesOf('1 2');
    expect(() => lines.add(text)).toThrow(SplitLineError);
    try {
      lines.add(text);
    } catch (error) {
      expect(error).toMatchObject({ line: 3, message: expect.stringContaining(message) });
    }
  });
});

const rowsArbitrary = fc
  .array(fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((rows) => linesOf(...rows.map((items, row) => [`u${row}`, ...items].join(' '))).rows().rows);

describe('a validation part', () => {
  it('takes from every customer with two items or more, leaves some, and loses none', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.integer({ min: 0, max: 1000 }), (rows, seed) => {
        const { train, validation } = carveValidation(rows, seed);
        for (let row = 0; row + 1 < rows.offsets.length; row++) {
          const of = ({ offsets, columns }: typeof rows) =>
            columns.subarray(offsets[row], offsets[row + 1]);
          const both = [...of(train), ...of(validation)].toSorted((one, other) => one - other);
          expect(both).toEqual([...of(rows)]);
          expect(of(validation).length > 0).toBe(of(rows).length >= 2);
          if (of(rows).length > 0) expect(of(train).length).toBeGreaterThan(0);
        }
        expect(carveValidation(rows, seed)).toEqual({ train, validation });
      }),
      { seed: SEED },
    );
  });
});

describe('the best items', () => {
  it('are what sorting finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        (values, size) => {
          const scores = Float32Array.from(values);
          const sorted = [...scores.keys()].toSorted(
            (one, other) => (scores[other] ?? 0) - (scores[one] ?? 0) || one - other,
          );
          expect([...topItems(scores, size)]).toEqual(sorted.slice(0, size));
        },
      ),
      { seed: SEED },
    );
  });
});

describe('accuracy on a split', () => {
  it('counts hits against all targets, and places against an ideal cut at the size', () => {
    const { recall, ndcg } = judgeRanking(Uint32Array.of(4, 9, 2), Uint32Array.of(2, 4, 5, 6), 3);
    expect(recall).toBeCloseTo(2 / 4, 12);
    const ideal = 1 + 1 / Math.log2(3) + 1 / 2;
    expect(ndcg).toBeCloseTo((1 + 1 / 2) / ideal, 12);
  });

  it('fills with what most have where the model has nothing to say', () => {
    const train = linesOf('u a', 'v b c', 'w c').rows().rows;
    const test = {
      offsets: Uint32Array.of(0, 1, 1, 1),
      columns: Uint32Array.of(2),
      columnCount: 3,
    };
    const silent = constantModel('trending', new Float32Array(3));
    expect(splitAccuracy(silent, unweighted(train), test, [0], 1).recall).toBe(1);
  });

  it('never ranks what the customer has in train', () => {
    const train = linesOf('u a b', 'v a c', 'w a').rows().rows;
    const test = {
      offsets: Uint32Array.of(0, 1, 1, 1),
      columns: Uint32Array.of(2),
      columnCount: 3,
    };
    const model = fitPopular(unweighted(train));
    // Of a, b and c the customer u has the two more popular ones; c is what is left.
    expect(splitAccuracy(model, unweighted(train), test, [0], 1)).toEqual({
      recall: 1,
      ndcg: 1,
      customers: 1,
    });
  });
});
