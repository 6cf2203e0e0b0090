import type { CatalogueEntry } from './catalogue-entry.ts';
import { DAY_MS, dayOf } from './history-days.ts';
import { type PriceRecord, priceOn } from './price-record.ts';
import type { StockRecord } from './stock-record.ts';

/** What has changed about an item of late that an email can tell of. Times are beginnings of days, UTC. */
export interface DerivedChanges {
  /** When it was first seen, where that is at most NEW_DAYS ago. */
  readonly newSinceMs?: number;
  readonly backInStock?: BackInStock;
  /** One per currency in which the item has become cheaper; never across two. */
  readonly priceDrops: readonly PriceDrop[];
}

export interface BackInStock {
  readonly sinceMs: number;
  /** How long it had not been available, as far back as the history goes. */
  readonly outDays: number;
}

export interface PriceDrop {
  readonly currency: string;
  readonly price: number;
  /** The price in force before the reduction. */
  readonly previousPrice: number;
  /** The lowest of the PRIOR_DAYS before the reduction: what Article 6a of Directive 98/6/EC has announced. */
  readonly priorPrice: number;
  /** Whether the price is below `priorPrice`, so that it may be announced as a reduction. */
  readonly isReduction: boolean;
  readonly sinceMs: number;
}

/** How long an item is new. */
export const NEW_DAYS = 30;
/** How long a change is worth telling of. */
export const CHANGE_DAYS = 30;
/** An item that was gone for less is not missed: stock that is counted overnight, an export gone wrong. */
export const OUT_DAYS_MIN = 1;
/** Directive 98/6/EC, Article 6a(2): https://eur-lex.europa.eu/eli/dir/1998/6/2022-05-28 */
export const PRIOR_DAYS = 30;

/** Follows from the entry and the time alone. */
export function derivedOf(entry: CatalogueEntry, nowMs: number): DerivedChanges {
  const today = dayOf(nowMs);
  const isNew = entry.firstSeenMs > 0 && dayOf(entry.firstSeenMs) > today - NEW_DAYS;
  const backInStock = entry.stock && backInStockOf(entry.stock, today);
  const priceDrops = Object.entries(entry.prices).flatMap(([currency, record]) => {
    const drop = priceDropOf(record, today);
    return drop === undefined ? [] : [{ currency, ...drop }];
  });
  return {
    ...(isNew && { newSinceMs: dayOf(entry.firstSeenMs) * DAY_MS }),
    ...(backInStock !== undefined && { backInStock }),
    priceDrops,
  };
}

/** Available now, and before that not for at least OUT_DAYS_MIN. */
function backInStockOf({ available, days }: StockRecord, today: number): BackInStock | undefined {
  if (!available) return undefined;
  const lastOut = days.findLastIndex(({ isOut }) => isOut);
  const out = days[lastOut];
  if (out === undefined) return undefined;
  // Back on the day itself, where both were said of it; else on the next that says so.
  const back = out.isIn ? out : days.slice(lastOut + 1).find(({ isIn }) => isIn);
  if (back === undefined || back.day <= today - CHANGE_DAYS) return undefined;
  let first = out;
  for (const each of days.slice(0, lastOut).toReversed()) {
    if (!each.isOut) break;
    first = each;
    // Both on one day: it was available until then.
    if (each.isIn) break;
  }
  const outDays = back.day - first.day;
  return outDays < OUT_DAYS_MIN ? undefined : { sinceMs: back.day * DAY_MS, outDays };
}

function priceDropOf(
  { price, days }: PriceRecord,
  today: number,
): Omit<PriceDrop, 'currency'> | undefined {
  // A price of nothing is a mistake more often than a present.
  if (price <= 0 || days.at(-1)?.price !== price) return undefined;
  const before = days.findLastIndex((each) => each.price !== price);
  const [previous, first] = [days[before], days[before + 1]];
  if (previous === undefined || first === undefined) return undefined;
  if (previous.price <= price || first.day <= today - CHANGE_DAYS) return undefined;
  const windowStart = first.day - PRIOR_DAYS;
  const inForce = priceOn(days, windowStart);
  const prior = days.filter(({ day }) => day > windowStart && day < first.day);
  const priorPrice = Math.min(inForce?.price ?? Infinity, ...prior.map((each) => each.price));
  return {
    price,
    previousPrice: previous.price,
    priorPrice,
    isReduction: price < priorPrice,
    sinceMs: first.day * DAY_MS,
  };
}
