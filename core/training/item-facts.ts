/**
 * What a model knows of its items besides their neighbours, one number an item, 0 where nothing is known.
 *
 * An item's repurchase interval is the median number of days between two days on which the same customer
 * bought it, over all customers and pairs of neighbouring days; the median, because one customer who comes
 * back after two years says nothing of the rest. It is known from REPURCHASES_MIN such pairs on: a sofa
 * that somebody ordered twice is no consumable.
 */
import type { ChangedItems } from '../catalogue/changed-items.ts';
import { dayOf } from '../catalogue/history-days.ts';
import { type Interactions, PURCHASE } from './interactions.ts';

export interface ItemFacts {
  /** Days after which a customer usually buys the item again. */
  readonly repurchaseDays: Float32Array;
  /** Days since 1970, UTC, on which the item was new, back in stock, and reduced in price, of late. */
  readonly newOnDay: Float32Array;
  readonly backOnDay: Float32Array;
  readonly reducedOnDay: Float32Array;
}

/** In the order in which the model's file holds them. */
export const itemFactNames = ['repurchaseDays', 'newOnDay', 'backOnDay', 'reducedOnDay'] as const;

export const REPURCHASES_MIN = 5;
const DAY_S = 86_400;

export function itemFactsOf(
  interactions: Interactions,
  indexOf: Pick<ReadonlyMap<string, number>, 'get'>,
  changes: ChangedItems | undefined,
): ItemFacts {
  const { itemCount } = interactions;
  const daysOf = (changed: readonly { readonly itemId: string; readonly sinceMs: number }[]) => {
    const days = new Float32Array(itemCount);
    for (const { itemId, sinceMs } of changed) {
      const index = indexOf.get(itemId);
      if (index !== undefined) days[index] = Math.max(days[index] ?? 0, dayOf(sinceMs));
    }
    return days;
  };
  return {
    repurchaseDays: repurchaseDays(interactions),
    newOnDay: daysOf(changes?.newArrivals ?? []),
    backOnDay: daysOf(changes?.backInStock ?? []),
    // Only what may be announced as a reduction (Directive 98/6/EC, Article 6a).
    reducedOnDay: daysOf((changes?.priceDrops ?? []).filter(({ isReduction }) => isReduction)),
  };
}

/** O(n log n) over the purchases, by one sorted list of (item, customer, day). */
function repurchaseDays({
  customers,
  items,
  kinds,
  timesS,
  itemCount,
}: Interactions): Float32Array {
  const purchases = Uint32Array.from(kinds.keys()).filter((row) => kinds[row] === PURCHASE);
  const of = (column: Uint32Array, row: number) => column[row] ?? 0;
  purchases.sort(
    (a, b) =>
      of(items, a) - of(items, b) ||
      of(customers, a) - of(customers, b) ||
      of(timesS, a) - of(timesS, b),
  );
  const result = new Float32Array(itemCount);
  let gaps: number[] = [];
  for (const [place, row] of purchases.entries()) {
    const next = purchases[place + 1];
    const isSameItem = next !== undefined && items[next] === items[row];
    if (isSameItem && customers[next] === customers[row]) {
      const gap = Math.floor(of(timesS, next) / DAY_S) - Math.floor(of(timesS, row) / DAY_S);
      // Two orders of a day are one purchase.
      if (gap > 0) gaps.push(gap);
    }
    if (isSameItem) continue;
    if (gaps.length >= REPURCHASES_MIN) result[of(items, row)] = medianOf(gaps);
    gaps = [];
  }
  return result;
}

function medianOf(numbers: number[]): number {
  const sorted = numbers.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
