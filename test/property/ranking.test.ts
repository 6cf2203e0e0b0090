import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeRecommendation } from '../../core/blocks/compose.ts';
import { recommendation } from '../../core/blocks/recommendation.ts';
import { interactionKinds } from '../../core/profile/profile.ts';
import { bestFirst } from '../../core/ranking/best-first.ts';
import { DAY_MS, itemNumber, NOW_MS, placementNamed, smallModel } from '../unit/small-shop.ts';

describe('best first', () => {
  it('is a sort by falling score, then by ties or position, of what is above zero', () => {
    fc.assert(
      fc.property(scoresAndTies, ({ scores, ties }) => {
        const sorted = sortedBy(scores, ties);
        expect([...bestFirst(scores, { ties })]).toEqual(sorted);
        for (const [at, behind] of sorted.entries()) {
          expect([...bestFirst(scores, { ties, behind })]).toEqual(sorted.slice(at + 1));
        }
        expect([...bestFirst(scores)]).toEqual(sortedBy(scores, new Uint32Array(scores.keys())));
      }),
    );
  });

  const score = fc.oneof(fc.integer({ min: -2, max: 5 }), fc.float({ noNaN: true }));
  const scoresAndTies = fc.array(score, { maxLength: 50 }).chain((drawn) =>
    fc.record({
      scores: fc.constant(Float32Array.from(drawn)),
      ties: fc
        .shuffledSubarray([...drawn.keys()], { minLength: drawn.length })
        .map((order) => Uint32Array.from(order)),
    }),
  );

  function sortedBy(scores: Float32Array, ties: Uint32Array): number[] {
    return [...scores.keys()]
      .filter((position) => (scores[position] ?? 0) > 0)
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || (ties[a] ?? 0) - (ties[b] ?? 0));
  }
});

const BUNDLED = [
  'for-you',
  'recently-viewed',
  'popular',
  'cart-recovery',
  'browse-recovery',
  'after-order',
  'replenish',
  'whats-new',
  'price-drops',
];

describe('an answer', () => {
  const ITEMS = 30;
  const entry = fc.record({
    itemId: fc.integer({ min: 0, max: ITEMS + 3 }).map((index) => `item-${index}`),
    kind: fc.constantFrom(...interactionKinds),
    timeMs: fc.integer({ min: NOW_MS - 400 * DAY_MS, max: NOW_MS + DAY_MS }),
  });

  it('is full, holds nothing twice, nothing sold out and nothing just bought, whatever happened', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BUNDLED),
        fc.integer({ min: 1, max: 24 }),
        fc.option(fc.integer({ min: 1, max: ITEMS }), { nil: undefined }),
        fc.array(entry, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: ITEMS }), { maxLength: 20 }),
        (id, limit, itemCount, history, soldOut) => {
          const { placement, content } = placementNamed(id);
          const gone = soldOut.map((index) => itemNumber(index, { available: false }));
          const answer = composeRecommendation({
            placement: id,
            customer: '',
            notes: [],
            ranking: {
              placement,
              content,
              limit,
              nowMs: NOW_MS,
              model: itemCount === undefined ? undefined : smallModel(itemCount),
              history,
              customer: {
                openCart: {
                  changedAtMs: NOW_MS,
                  itemIds: history.map(({ itemId }) => itemId),
                  isAbandoned: true,
                },
                nextPurchase: undefined,
                topCategories: ['category-1'],
                shown: [],
              },
              liveItems: new Map(gone.map((item) => [item.itemId, item])),
            },
          });
          expect(recommendation.parse(answer)).toEqual(answer);
          const ids = answer.items.map(({ item_id }) => item_id);
          expect(ids).toHaveLength(limit);
          expect(new Set(ids).size).toBe(limit);
          for (const { itemId } of gone) expect(ids).not.toContain(itemId);
          for (const { itemId, kind, timeMs } of history) {
            const isJustBought = kind === 'purchase' && timeMs > NOW_MS - 29 * DAY_MS;
            if (isJustBought) expect(ids).not.toContain(itemId);
          }
        },
      ),
    );
  });
});
