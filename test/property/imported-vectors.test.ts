import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { neighboursOfVectors } from '../../core/training/imported-model.ts';
import { ItemPositions } from '../../core/training/item-positions.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

const WIDTH = 3;
const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
  minLength: WIDTH,
  maxLength: WIDTH,
});
/** Some of them alike, so that an item's nearest may be another as near as itself. */
const vectors = fc
  .tuple(fc.array(vector, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 3 }))
  .map(([some, times]) => Array.from({ length: times }, () => some).flat());

describe('neighbours of imported vectors', () => {
  it('never hold the item itself, nor one twice, nor more than are asked for, best first', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, fc.integer({ min: 1, max: 5 }), async (rows, neighboursMax) => {
        const itemIds = rows.map((_, row) => `i${row}`);
        const indexOf = ItemPositions.of(itemIds);
        const values = Float32Array.from(rows.flat());
        const given = { kind: 'vectors', itemIds, width: WIDTH, values } as const;
        const { neighbours } = await neighboursOfVectors(
          threads,
          given,
          { indexOf },
          neighboursMax,
        );
        for (const item of rows.keys()) {
          const place = [neighbours.offsets[item], neighbours.offsets[item + 1]] as const;
          const list = [...neighbours.indices.subarray(...place)];
          const scores = [...neighbours.scores.subarray(...place)];
          expect(list).not.toContain(item);
          expect(new Set(list).size).toBe(list.length);
          expect(list.length).toBeLessThanOrEqual(neighboursMax);
          expect(scores).toEqual(scores.toSorted((one, other) => other - one));
        }
      }),
      { numRuns: 60 },
    );
  });
});
