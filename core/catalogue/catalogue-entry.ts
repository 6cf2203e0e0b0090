import type { Item } from './item.ts';
import { isNews } from './item-news.ts';
import { type PlainField, plainFields, type Stamp } from './plain-fields.ts';
import {
  CURRENCIES_MAX,
  combinePrices,
  ownCurrencyOf,
  type Prices,
  priceRecordOf,
} from './price-record.ts';
import { type FactSource, type ProductFact, sourceRanks } from './product-fact.ts';
import { combineStock, type StockRecord, stockRecordOf } from './stock-record.ts';

/**
 * An item as the catalogue's table holds it: with who said what, the history of price and availability, and
 * an optimistic lock. All but the lock follows from the set of facts alone, whatever their order.
 */
export interface CatalogueEntry extends Item {
  /** Counted up by each write. */
  readonly version: number;
  /** The strongest source that said something of it. */
  readonly source: FactSource;
  /** Of the earliest statement; 0 where the item was there before this was noted. */
  readonly firstSeenMs: number;
  readonly stated: Readonly<Partial<Record<PlainField, Stamp>>>;
  readonly prices: Prices;
  /** Absent where nobody said; the item counts as available. */
  readonly stock?: StockRecord;
}

/** What an entry follows from. */
export type EntryState = Pick<
  CatalogueEntry,
  'itemId' | 'firstSeenMs' | 'stated' | 'prices' | 'stock' | PlainField
>;

/**
 * The entry after these facts, undefined where nothing about it is worth a write. Applying facts twice
 * is applying them once.
 */
export function applyFacts(
  stored: CatalogueEntry | undefined,
  facts: readonly ProductFact[],
): CatalogueEntry | undefined {
  let entry = stored;
  // The newest first: what older ones said before it is then no news.
  for (const fact of facts.toSorted((a, b) => b.timeMs - a.timeMs)) {
    if (entry === undefined || isNews(entry, fact)) entry = withFact(entry, fact);
  }
  if (entry === undefined || entry === stored) return undefined;
  return { ...entry, version: (stored?.version ?? 0) + 1 };
}

/**
 * The entry with all that the fact says; the same where it adds nothing. Of the same facts any order, and
 * any repetition, makes the same entry, as long as an item has no more than CURRENCIES_MAX currencies.
 */
export function withFact(entry: CatalogueEntry | undefined, fact: ProductFact): CatalogueEntry {
  const { itemId, timeMs } = fact;
  const before: EntryState = entry ?? emptyState(itemId, timeMs);
  const changes: Changes = {};
  if (timeMs < before.firstSeenMs) changes.firstSeenMs = timeMs;
  takePlainFields(before, fact, changes);
  takePrice(before, fact, changes);
  takeStock(before, fact, changes);
  if (entry !== undefined && Object.keys(changes).length === 0) return entry;
  return entryOf({ ...before, ...changes }, entry?.version ?? 0);
}

type Changes = { -readonly [Key in keyof EntryState]?: EntryState[Key] };

function takePlainFields(before: EntryState, fact: ProductFact, changes: Changes): void {
  const { source, timeMs, fields } = fact;
  for (const field of plainFields) {
    const value = fields[field];
    if (value === undefined) continue;
    const stamp = before.stated[field];
    if (stamp !== undefined && !beats(fact, value, stamp, before[field])) continue;
    Object.assign(changes, { [field]: value });
    changes.stated = { ...(changes.stated ?? before.stated), [field]: { source, timeMs } };
  }
}

/** The stronger source, then the later time, then the greater text: any rule that knows no order does. */
function beats(fact: ProductFact, value: unknown, stamp: Stamp, known: unknown): boolean {
  const rank = sourceRanks[fact.source] - sourceRanks[stamp.source];
  if (rank !== 0) return rank < 0;
  if (fact.timeMs !== stamp.timeMs) return fact.timeMs > stamp.timeMs;
  return String(value) > String(known);
}

function takePrice({ prices }: EntryState, fact: ProductFact, changes: Changes): void {
  const { price, currency = '' } = fact.fields;
  if (price === undefined) return;
  const said = priceRecordOf(fact.source, price, fact.timeMs);
  const known = Object.hasOwn(prices, currency) ? prices[currency] : undefined;
  if (known === undefined && Object.keys(prices).length >= CURRENCIES_MAX) return;
  const combined = known === undefined ? said : combinePrices(known, said);
  if (combined !== known) changes.prices = { ...prices, [currency]: combined };
}

function takeStock({ stock }: EntryState, fact: ProductFact, changes: Changes): void {
  const { available } = fact.fields;
  if (available === undefined) return;
  const said = stockRecordOf(fact.source, available, fact.timeMs);
  const combined = stock === undefined ? said : combineStock(stock, said);
  if (combined !== stock) changes.stock = combined;
}

/** The entry that follows from a state: the item as others see it, and who said the most of it. */
export function entryOf(state: EntryState, version: number): CatalogueEntry {
  const { prices, stock, stated, firstSeenMs } = state;
  const own = ownCurrencyOf(prices);
  const price = own === undefined ? undefined : prices[own]?.price;
  const others = Object.entries(prices).filter(([code]) => code !== own && code !== '');
  let updatedAtMs = Math.max(stock?.atMs ?? firstSeenMs, firstSeenMs);
  let source: FactSource = stock?.source ?? 'order';
  const note = (by: FactSource, timeMs: number) => {
    updatedAtMs = Math.max(updatedAtMs, timeMs);
    if (sourceRanks[by] < sourceRanks[source]) source = by;
  };
  for (const field of plainFields) {
    const stamp = stated[field];
    if (stamp !== undefined) note(stamp.source, stamp.timeMs);
  }
  for (const record of Object.values(prices)) note(record.source, record.atMs);
  return {
    ...plainOf(state),
    price: price ?? null,
    currency: own ?? '',
    ...(others.length > 0 && {
      otherPrices: Object.fromEntries(others.map(([code, { price: other }]) => [code, other])),
    }),
    available: stock?.available ?? true,
    updatedAtMs,
    version,
    source,
    firstSeenMs,
    stated,
    prices,
    ...(stock !== undefined && { stock }),
  };
}

function plainOf({ itemId, title, url, imageUrl, category, brand, isAdult }: EntryState) {
  const texts = { itemId, title, url, imageUrl, category, brand };
  return isAdult === undefined ? texts : { ...texts, isAdult };
}

function emptyState(itemId: string, firstSeenMs: number): EntryState {
  const texts = { title: '', url: '', imageUrl: '', category: '', brand: '' };
  return { itemId, ...texts, firstSeenMs, stated: {}, prices: {} };
}
