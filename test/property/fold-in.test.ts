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
        const dense = new Float32Array(ITEMS);
        for (const [place, index] of folded.indices.entries()) {
          dense[index] = Math.max(0, folded.scores[place] ?? 0);
          if (dense[index] === 0) continue;
          const cause = folded.entries[folded.causes[place] ?? -1];
          expect(cause).toEqual(explain(model, history, index, NOW_MS));
        }
        expect(dense).toEqual(
          scoreHistory(model, history, NOW_MS).map((score) => Math.max(0, score)),
        );
        expect(new Set(folded.indices).size).toBe(folded.indices.length);
        folded.release();
      },
    ),
    { numRuns: 500 },
  );
});

it('two that ask at a time, and one that asks twice, get what each asked for', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 20 }),
      fc.array(entry, { maxLength: 20 }),
      fc.boolean(),
      (one, other, isReleased) => {
        const first = foldIn(small, one, NOW_MS);
        const plain = textOf(first);
        if (isReleased) first.release();
        else foldIn(small, other, NOW_MS);
        expect(textOf(foldIn(small, one, NOW_MS))).toBe(plain);
        const between = foldIn(small, other, NOW_MS);
        between.release();
        expect(textOf(foldIn(small, one, NOW_MS))).toBe(plain);
        if (!isReleased) expect(textOf(first)).toBe(plain);
      },
    ),
  );
});

function textOf({ indices, scores, causes, entries }: ReturnType<typeof foldIn>): string {
  return JSON.stringify([[...indices], [...scores], [...causes], entries]);
}
