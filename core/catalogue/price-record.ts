import { dayOf, type StatedDay, withinHistory } from './history-days.ts';
import { type FactSource, sourceRanks } from './product-fact.ts';

/** The lowest price that was stated on a day. */
export interface PriceDay extends StatedDay {
  readonly price: number;
}

/**
 * What is known of an item's price in one currency, by its strongest source alone: an order's price, after
 * discounts and by quantity, is no list price, and a feed's may be told without tax.
 */
export interface PriceRecord {
  readonly source: FactSource;
  /** The latest statement; of several at one time the lowest. */
  readonly price: number;
  readonly atMs: number;
  /** The earliest statement. */
  readonly firstAtMs: number;
  /** Days in order, within the history. */
  readonly days: readonly PriceDay[];
}

/** Prices by ISO 4217 code, or by the empty text where the shop named none. */
export type Prices = Readonly<Record<string, PriceRecord>>;

/** More than any shop's storefronts sell in. A further one is not taken: each costs an item some bytes. */
export const CURRENCIES_MAX = 8;

/** What one statement says. */
export function priceRecordOf(source: FactSource, price: number, timeMs: number): PriceRecord {
  const days = [{ day: dayOf(timeMs), price }];
  return { source, price, atMs: timeMs, firstAtMs: timeMs, days };
}

/** What both say together; the first one itself where the second adds nothing. Commutative and associative. */
export function combinePrices(a: PriceRecord, b: PriceRecord): PriceRecord {
  const rank = sourceRanks[a.source] - sourceRanks[b.source];
  if (rank !== 0) return rank < 0 ? a : b;
  const isLater = b.atMs > a.atMs || (b.atMs === a.atMs && b.price < a.price);
  const latest = isLater ? b : a;
  const days = withinHistory(mergedDays(a.days, b.days), dayOf(latest.atMs));
  const isSame =
    latest === a &&
    b.firstAtMs >= a.firstAtMs &&
    days.length === a.days.length &&
    days.every(({ day, price }, at) => a.days[at]?.day === day && a.days[at]?.price === price);
  if (isSame) return a;
  const firstAtMs = Math.min(a.firstAtMs, b.firstAtMs);
  return { source: a.source, price: latest.price, atMs: latest.atMs, firstAtMs, days };
}

function mergedDays(a: readonly PriceDay[], b: readonly PriceDay[]): readonly PriceDay[] {
  const prices = new Map(a.map(({ day, price }) => [day, price]));
  for (const { day, price } of b) prices.set(day, Math.min(price, prices.get(day) ?? price));
  return [...prices].map(([day, price]) => ({ day, price })).sort((one, two) => one.day - two.day);
}

/** The price in force on a day: of the last day up to it on which one was stated. */
export function priceOn(days: readonly PriceDay[], day: number): PriceDay | undefined {
  return days.findLast((each) => each.day <= day);
}

/** How long a currency may go without a statement before another can be the item's own. */
const OWN_CURRENCY_DAYS = 30;

/**
 * The item's own currency: of the strongest source, of those that were stated of late, the one that was
 * stated first. So a shop that shows two takes turns in none, and one that changes over is followed.
 */
export function ownCurrencyOf(prices: Prices): string | undefined {
  const entries = Object.entries(prices);
  const [only] = entries;
  if (entries.length <= 1) return only?.[0];
  const rankOf = ({ source }: PriceRecord) => sourceRanks[source];
  const strongest = Math.min(...entries.map(([, record]) => rankOf(record)));
  const speaking = entries.filter(([, record]) => rankOf(record) === strongest);
  const newestDay = dayOf(Math.max(...speaking.map(([, { atMs }]) => atMs)));
  const [own] = speaking
    .filter(([, { atMs }]) => dayOf(atMs) > newestDay - OWN_CURRENCY_DAYS)
    .sort(([codeA, a], [codeB, b]) => {
      // A price without a currency stands back behind one that has any.
      if ((codeA === '') !== (codeB === '')) return codeA === '' ? 1 : -1;
      return a.firstAtMs - b.firstAtMs || (codeA < codeB ? -1 : 1);
    });
  return own?.[0];
}
