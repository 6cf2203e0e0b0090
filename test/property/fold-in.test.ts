import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { interactionKinds } from '../../core/profile/profile.ts';
import { foldIn } from '../../core/training/fold-in.ts';
import { explain, scoreHistory } from '../../core/training/score.ts';
import { DAY_MS, NOW_MS, smallModel } from '../unit/small-shop.ts';

const ITEMS = 30;
const entry = fc.record({
  itemId: fc.integer({ min: 0, max: ITEMS + 3 }).map((index) => `item-${index}`),
  kind: fc.constantFrom(...interactionKinds),
  timeMs: fc.integer({ min: NOW_MS - 90 * DAY_MS, max: NOW_MS + DAY_MS }),
});

/** One model for all runs: what one request leaves behind must not reach the next. */
const small = smallModel(ITEMS);

it('folding in for a request gives the scores and the reasons of the plain way', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 60 }),
      fc.constantFrom(1, 0.5, 0),
      (history, repeatBoost) => {
        const model = { ...small, parameters: { ...small.parameters, repeatBoost } };
        const folded = foldIn(model, history, NOW_MS);
        const { indices, scores, causes } = folded.touched();
        const dense = new Float32Array(ITEMS);
        for (const [place, index] of indices.entries()) {
          dense[index] = Math.max(0, scores[place] ?? 0);
          expect([folded.indexAt(place), folded.scoreAt(place), folded.causeAt(place)]).toEqual([
            index,
            scores[place],
            causes[place],
          ]);
          if (dense[index] === 0) continue;
          const cause = folded.entries[causes[place] ?? -1];
          expect(cause).toEqual(explain(model, history, index, NOW_MS));
        }
        expect(dense).toEqual(
          scoreHistory(model, history, NOW_MS).map((score) => Math.max(0, score)),
        );
        expect(new Set(indices).size).toBe(indices.length);
        const best = [...dense.keys()]
          .filter((index) => (dense[index] ?? 0) > 0)
          .sort((one, other) => (dense[other] ?? 0) - (dense[one] ?? 0) || one - other);
        expect(folded.best(5).map((place) => indices[place])).toEqual(best.slice(0, 5));
        expect(folded.best(ITEMS).map((place) => indices[place])).toEqual(best);
      },
    ),
    { numRuns: 500 },
  );
});

it('one that asks twice gets the same, and one that looks at what another overwrote an error', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 20 }),
      fc.array(entry, { maxLength: 20 }),
      (one, other) => {
        const first = foldIn(small, one, NOW_MS);
        const plain = textOf(first);
        expect(foldIn(small, one, NOW_MS)).toBe(first);
        expect(textOf(first)).toBe(plain);
        foldIn(small, other, NOW_MS);
        expect(() => first.best(1)).toThrow('another history was folded in');
        expect(() => first.scoreAt(0)).toThrow('another history was folded in');
        expect(textOf(foldIn(small, one, NOW_MS))).toBe(plain);
      },
    ),
  );
});

function textOf(folded: ReturnType<typeof foldIn>): string {
  const { indices, scores, causes } = folded.touched();
  return JSON.stringify([[...indices], [...scores], [...causes], folded.entries, folded.best(9)]);
}
