import { describe, expect, it } from 'vitest';
import { CART, type Interactions, PURCHASE } from '../../core/training/interactions.ts';
import { itemFactsOf } from '../../core/training/item-facts.ts';

const DAY_S = 86_400;

function interactionsOf(
  rows: readonly (readonly [customer: number, item: number, day: number, kind?: number])[],
): Interactions {
  return {
    customers: Uint32Array.from(rows, ([customer]) => customer),
    items: Uint32Array.from(rows, ([, item]) => item),
    kinds: Uint8Array.from(rows, ([, , , kind = PURCHASE]) => kind),
    timesS: Uint32Array.from(rows, ([, , day]) => day * DAY_S),
    customerCount: 10,
    itemCount: 3,
  };
}

const indexOf = new Map([
  ['a', 0],
  ['b', 1],
  ['c', 2],
]);

describe('an item’s repurchase interval', () => {
  it('is the median over all customers’ gaps, in any order of the rows', () => {
    const rows = [
      ...[
        [0, 0, 10],
        [0, 0, 40],
        [0, 0, 70],
        [1, 0, 5],
        [1, 0, 34],
        [2, 0, 1],
        [2, 0, 32],
      ],
      ...[
        [3, 0, 1],
        [3, 0, 700],
      ],
    ] as [number, number, number][];
    const facts = (of: typeof rows) => itemFactsOf(interactionsOf(of), indexOf, undefined);
    // Gaps 30, 30, 29, 31, 699.
    expect([...facts(rows).repurchaseDays]).toEqual([30, 0, 0]);
    expect([...facts(rows.toReversed()).repurchaseDays]).toEqual([30, 0, 0]);
  });

  it('is not known from a few, nor from carts, nor from two orders of a day', () => {
    const few = [
      [0, 1, 1],
      [0, 1, 30],
      [1, 1, 1],
      [1, 1, 30],
    ] as [number, number, number][];
    const carts = Array.from({ length: 9 }, (_, day) => [0, 2, day * 30, CART] as const);
    const sameDay = Array.from({ length: 9 }, (_, customer) => [customer, 0, 5] as const);
    const all = [...few, ...carts, ...sameDay, ...sameDay];
    expect([...itemFactsOf(interactionsOf(all), indexOf, undefined).repurchaseDays]).toEqual([
      0, 0, 0,
    ]);
  });
});

it('changes of the catalogue stand by their day, and only reductions that may be announced', () => {
  const sinceMs = 20_000 * DAY_S * 1000;
  const facts = itemFactsOf(interactionsOf([]), indexOf, {
    newArrivals: [
      { itemId: 'a', sinceMs },
      { itemId: 'unknown', sinceMs },
    ],
    backInStock: [{ itemId: 'b', sinceMs, outDays: 3 }],
    priceDrops: [
      { itemId: 'c', sinceMs, isReduction: true },
      { itemId: 'a', sinceMs, isReduction: false },
    ],
  });
  expect([...facts.newOnDay]).toEqual([20_000, 0, 0]);
  expect([...facts.backOnDay]).toEqual([0, 20_000, 0]);
  expect([...facts.reducedOnDay]).toEqual([0, 0, 20_000]);
});
