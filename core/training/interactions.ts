/**
 * The columns that training reads: one row per (customer, item, kind, time). Customers and items are
 * dictionary indices; 13 bytes a row, so a hundred million interactions fit 1.3 GB.
 */
import { type InteractionKind, interactionKinds } from '../profile/profile.ts';
import { interactionWeights } from './model.ts';

export interface Interactions {
  /** 0 … customerCount − 1. */
  readonly customers: Uint32Array;
  /** 0 … itemCount − 1. */
  readonly items: Uint32Array;
  /** Index in `interactionKinds`. */
  readonly kinds: Uint8Array;
  /** Event time, seconds since 1970, UTC. */
  readonly timesS: Uint32Array;
  readonly customerCount: number;
  readonly itemCount: number;
}

export const VIEW = interactionKinds.indexOf('view');
export const CART = interactionKinds.indexOf('cart');
export const PURCHASE = interactionKinds.indexOf('purchase');

/** Weight per kind code, the purchase's being 1. */
export const kindWeights: Float64Array = Float64Array.from(
  interactionKinds,
  (kind) => interactionWeights[kind] / interactionWeights.purchase,
);

export function kindOf(code: number): InteractionKind {
  const kind = interactionKinds[code];
  if (kind === undefined) throw new RangeError(`no interaction kind has the code ${code}`);
  return kind;
}

/** The rows whose time is in [fromS, untilS), in their order; the dictionaries stay whole. */
export function between(interactions: Interactions, fromS: number, untilS: number): Interactions {
  const { customers, items, kinds, timesS } = interactions;
  const kept = new Uint32Array(timesS.length);
  let count = 0;
  for (let row = 0; row < timesS.length; row++) {
    const timeS = timesS[row] as number;
    if (timeS >= fromS && timeS < untilS) kept[count++] = row;
  }
  const rows = kept.subarray(0, count);
  return {
    ...interactions,
    customers: rows.map((row) => customers[row] as number),
    items: rows.map((row) => items[row] as number),
    kinds: Uint8Array.from(rows, (row) => kinds[row] as number),
    timesS: rows.map((row) => timesS[row] as number),
  };
}

export interface TimeRange {
  readonly oldestS: number;
  readonly newestS: number;
}

/** Undefined where there is no row. */
export function timeRange({ timesS }: Interactions): TimeRange | undefined {
  if (timesS.length === 0) return undefined;
  let oldestS = Number.POSITIVE_INFINITY;
  let newestS = 0;
  for (const timeS of timesS) {
    if (timeS < oldestS) oldestS = timeS;
    if (timeS > newestS) newestS = timeS;
  }
  return { oldestS, newestS };
}
