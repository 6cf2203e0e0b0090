/**
 * What each customer did, as the similarity sees it: the latest distinct items of every customer,
 * newest first, in compressed rows.
 */

import { RECENT_INTERACTIONS_MAX } from '../profile/profile.ts';
import { groupRows } from './group-rows.ts';
import { type Interactions, kindOf, kindWeights } from './interactions.ts';
import type { HistoryEntry } from './model.ts';

/**
 * Items of one customer that training looks at. Serving sees no more than a profile remembers, so
 * neither does training; it also bounds the work for a giant customer (n² pairs) and, measured on a
 * wholesaler's orders, makes the neighbours better.
 */
export const CUSTOMER_ITEMS_MAX = RECENT_INTERACTIONS_MAX;

/** Row u is at offsets[u] … offsets[u+1] − 1. */
export interface CustomerItems {
  readonly offsets: Uint32Array;
  readonly items: Uint32Array;
  /** Weight of the strongest kind, 0 < weight ≤ 1. */
  readonly weights: Float32Array;
  /** Latest time of any kind. */
  readonly timesS: Uint32Array;
}

/** Groups interactions by customer; kinds of no weight (a removal from the cart) leave no trace. */
export function groupByCustomer(interactions: Interactions): CustomerItems {
  const { customerCount, items, kinds, timesS } = interactions;
  const rows = rowsByCustomer(interactions);
  const collected = {
    offsets: new Uint32Array(customerCount + 1),
    items: [] as number[],
    weights: [] as number[],
    timesS: [] as number[],
  };
  for (let customer = 0; customer < customerCount; customer++) {
    const latest = new Map<number, number>();
    for (const row of rows.of(customer).sort(newestFirst(timesS))) {
      const weight = kindWeights[kinds[row] as number] as number;
      const item = items[row] as number;
      if (weight === 0) continue;
      const place = latest.get(item);
      if (place !== undefined) {
        collected.weights[place] = Math.max(collected.weights[place] as number, weight);
      } else if (latest.size < CUSTOMER_ITEMS_MAX) {
        latest.set(item, collected.items.length);
        collected.items.push(item);
        collected.weights.push(weight);
        collected.timesS.push(timesS[row] as number);
      }
    }
    collected.offsets[customer + 1] = collected.items.length;
  }
  return {
    offsets: collected.offsets,
    items: Uint32Array.from(collected.items),
    weights: Float32Array.from(collected.weights),
    timesS: Uint32Array.from(collected.timesS),
  };
}

/** One customer's rows as ranking sees a history; `itemIds` is the dictionary of items. */
export function historyOf(
  interactions: Interactions,
  rows: Iterable<number>,
  itemIds: readonly string[],
): HistoryEntry[] {
  return Array.from(rows, (row) => ({
    itemId: itemIds[interactions.items[row] as number] as string,
    kind: kindOf(interactions.kinds[row] as number),
    timeMs: (interactions.timesS[row] as number) * 1000,
  }));
}

/** Row numbers grouped by customer. */
export function rowsByCustomer({ customers, customerCount }: Interactions): {
  of(customer: number): Uint32Array;
} {
  const { offsets, rows } = groupRows(customers, customerCount);
  return { of: (customer) => rows.subarray(offsets[customer], offsets[customer + 1]) };
}

/** Later rows of the same second count as newer. */
function newestFirst(timesS: Uint32Array): (one: number, other: number) => number {
  return (one, other) => (timesS[other] as number) - (timesS[one] as number) || other - one;
}
