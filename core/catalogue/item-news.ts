import type { CatalogueEntry } from './catalogue-entry.ts';
import { DAY_MS, dayOf, HISTORY_DAYS } from './history-days.ts';
import { plainFields } from './plain-fields.ts';
import { type PriceRecord, priceOn } from './price-record.ts';
import { type FactSource, itemWords, type ProductFact, sourceRanks } from './product-fact.ts';
import type { StockRecord } from './stock-record.ts';

const MINUTE_MS = 60_000;

/**
 * Paid prices vary from line to line with quantity and discount. An item known from orders alone takes
 * a new price this often: over a year of 440,000 real order lines on 3,665 items, 60 days come to
 * 15,767 writes at most, 30 to 26,294.
 */
const ORDER_REFRESH_MS = 60 * DAY_MS;

/** How old the confirmation of what a page repeats may grow before it is worth a write. */
const CONFIRM_MS = DAY_MS;

/** The same for a feed that says everything each time: a catalogue an hour would be written an hour. */
const REPEATED_CONFIRM_MS = 7 * DAY_MS;

/** A title that differs with every view ("3 people are looking at this") costs a write an hour, not a view. */
const TEXT_REFRESH_MS = 60 * MINUTE_MS;

/** A price that differs with every view costs a write a minute; emails show one as old as that anyway. */
const PRICE_REFRESH_MS = MINUTE_MS;

/**
 * Whether a fact says something of an item that is worth a write. It decides for every product of every
 * event, nearly always with no, and so makes nothing.
 *
 * What is left out here can matter to a fact that comes late: then a statement stands until the next one
 * that is at most CONFIRM_MS older than the newest (REPEATED_CONFIRM_MS of a feed's repetitions; what
 * pages say beside a feed is not confirmed at all).
 */
export function isNews(entry: CatalogueEntry, fact: ProductFact): boolean {
  const { fields, timeMs } = fact;
  const isLed = isLedByFeed(entry, fact);
  for (const field of plainFields) {
    const value = fields[field];
    if (value === undefined) continue;
    const stamp = entry.stated[field];
    if (stamp === undefined) return true;
    const isSame = entry[field] === value;
    if (isSame && isLed) continue;
    if (isStatementNews(fact, stamp.source, stamp.timeMs, isSame, TEXT_REFRESH_MS)) return true;
  }
  if (fields.price !== undefined && isPriceNews(entry, fact, fields.price)) return true;
  if (fields.available !== undefined && isStockNews(entry, fact, fields.available)) {
    return true;
  }
  return timeMs < entry.firstSeenMs - DAY_MS;
}

/**
 * Whether a page's event surely says nothing worth a write, told from its properties as they are: what pages repeat
 * in the very words that are known, which is nearly everything, need not be made a fact of. False means "ask isNews".
 */
export function isRepetition(
  entry: CatalogueEntry,
  product: Readonly<Record<string, unknown>>,
  timeMs: number,
): boolean {
  for (const [field, word] of repeatableWords) {
    const said = product[word];
    if (said === undefined) continue;
    const stamp = entry.stated[field];
    if (stamp === undefined || said !== entry[field]) return false;
    if (!isRepeatedOnPage(entry, stamp.source, stamp.timeMs, timeMs)) return false;
  }
  for (const word of otherWords) if (product[word] !== undefined) return false;
  const { price, currency } = product;
  if (price !== undefined) {
    const isKnown = typeof currency === 'string' && Object.hasOwn(entry.prices, currency);
    const record = isKnown ? entry.prices[currency] : undefined;
    if (record === undefined || record.price !== price || timeMs < record.atMs) return false;
    if (!isRepeatedOnPage(entry, record.source, record.atMs, timeMs)) return false;
  }
  return timeMs >= entry.firstSeenMs - DAY_MS;
}

/** The fields of a text each, and what events call them. */
const repeatableWords = (['title', 'url', 'imageUrl', 'category', 'brand'] as const).map(
  (field) => [field, itemWords[field]] as const,
);
/** Of few events: stock, and what is for adults. */
const otherWords = ['available', 'availability', 'adult'] as const;

function isRepeatedOnPage(
  { source }: CatalogueEntry,
  saidBy: FactSource,
  saidMs: number,
  timeMs: number,
): boolean {
  if (source === 'feed') return true;
  if (saidBy !== 'page') return false;
  return timeMs - saidMs < CONFIRM_MS;
}

function isPriceNews(entry: CatalogueEntry, fact: ProductFact, price: number): boolean {
  const { prices, otherPrices } = entry;
  const { currency = '' } = fact.fields;
  const record = Object.hasOwn(prices, currency) ? prices[currency] : undefined;
  if (record === undefined) return true;
  if (isLate(fact, record)) {
    // Of several currencies the one that was stated first is the item's own.
    const decidesCurrency = otherPrices !== undefined && fact.timeMs < record.firstAtMs;
    return decidesCurrency || isLatePriceNews(record, fact.timeMs, price);
  }
  const isSame = record.price === price;
  if (isSame && isLedByFeed(entry, fact)) return false;
  return isStatementNews(fact, record.source, record.atMs, isSame, PRICE_REFRESH_MS);
}

function isStockNews(entry: CatalogueEntry, fact: ProductFact, available: boolean): boolean {
  const record = entry.stock;
  if (record === undefined) return true;
  if (isLate(fact, record)) return isLateStockNews(record, fact.timeMs, available);
  const isSame = record.available === available;
  if (isSame && isLedByFeed(entry, fact)) return false;
  return isStatementNews(fact, record.source, record.atMs, isSame, PRICE_REFRESH_MS);
}

/** What pages repeat of the fields that a feed leaves empty is worth no confirmation: the feed is the record. */
function isLedByFeed(entry: CatalogueEntry, fact: ProductFact): boolean {
  return entry.source === 'feed' && fact.source !== 'feed';
}

/** @param refreshMs How soon after the last statement another one of a page is worth a write. */
function isStatementNews(
  fact: ProductFact,
  source: FactSource,
  saidMs: number,
  isSame: boolean,
  refreshMs: number,
): boolean {
  const rank = sourceRanks[fact.source] - sourceRanks[source];
  if (rank !== 0) return rank < 0;
  const ageMs = fact.timeMs - saidMs;
  if (ageMs < 0) return false;
  switch (fact.source) {
    case 'order':
      return !isSame && ageMs >= ORDER_REFRESH_MS;
    case 'page':
      return ageMs >= (isSame ? CONFIRM_MS : refreshMs) || (ageMs === 0 && !isSame);
    case 'feed':
      // A record's own time is its version: kept to the letter, so that no older record comes after it.
      if (fact.isRepeated !== true) return !isSame || ageMs > 0;
      return !isSame || ageMs >= REPEATED_CONFIRM_MS;
  }
}

/** Of the record's own source, and of before what it says: it can only add to the history. */
function isLate(fact: ProductFact, record: PriceRecord | StockRecord): boolean {
  return fact.source === record.source && fact.timeMs < record.atMs;
}

function isLatePriceNews({ source, days, atMs }: PriceRecord, timeMs: number, price: number) {
  const day = dayOf(timeMs);
  if (source === 'order' || day <= dayOf(atMs) - HISTORY_DAYS) return false;
  const known = priceOn(days, day);
  return known === undefined || (known.day === day ? price < known.price : price !== known.price);
}

function isLateStockNews({ source, days, atMs }: StockRecord, timeMs: number, available: boolean) {
  const day = dayOf(timeMs);
  if (source === 'order' || day <= dayOf(atMs) - HISTORY_DAYS) return false;
  const known = days.findLast((each) => each.day <= day);
  return known === undefined || !(available ? known.isIn : known.isOut);
}
