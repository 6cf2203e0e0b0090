import * as z from 'zod';
import { CURRENCY_UNKNOWN } from '../profile/money.ts';
import { type CatalogueEntry, type EntryState, entryOf } from './catalogue-entry.ts';
import { dayOf, HISTORY_DAYS, type StatedDay } from './history-days.ts';
import { item } from './item.ts';
import { type PlainField, plainFields, type Stamp } from './plain-fields.ts';
import { type PriceDay, type PriceRecord, type Prices, priceRecordOf } from './price-record.ts';
import type { FactSource } from './product-fact.ts';
import { type StockDay, type StockRecord, stockRecordOf } from './stock-record.ts';

/**
 * How an entry lies in the table. An item's own fields stand there by their names, so that whoever serves
 * or trains reads any version; the rest is written as short texts, because DynamoDB bills a write by
 * the kilobyte and nearly every entry then fits into one:
 *
 *   stated     who said a field last, and when: `<source><time>:<fields>`, e.g. `p lq3x9k…:tuibc`
 *   priceDays  by currency: `<source> <first> <last> <price>` and the history's prices with their days
 *   stockDays  `<source> <last> <0|1>` and the days of the history on which it was in and out of stock
 *
 * Numbers of time and day are in base 36. The days of a price are bits, the newest day the lowest; a day
 * from before the history's window stands by itself.
 */
export const ENTRY_SCHEMA_VERSION = 2;

/** Version 1 had one source and one time for all fields, and no history. Rows put in by hand have neither. */
const storedVersion1 = item.extend({
  schemaVersion: z.undefined().optional(),
  source: z.enum(['feed', 'page', 'order']).default('page'),
  version: z.number().default(0),
});

const storedVersion2 = item.extend({
  schemaVersion: z.literal(ENTRY_SCHEMA_VERSION),
  version: z.number(),
  /** Follows from the rest; for people and queries. */
  source: z.enum(['feed', 'page', 'order']),
  firstSeenMs: z.number(),
  stated: z.string(),
  priceDays: z.record(z.string(), z.string()),
  stockDays: z.string().exactOptional(),
});
export type StoredForm = z.infer<typeof storedVersion2>;

const storedForm = z.union([storedVersion2, storedVersion1]);

/** The entry as it is written. */
export function storedFormOf(entry: CatalogueEntry): StoredForm {
  const { stated, prices, stock, ...rest } = entry;
  return {
    ...rest,
    schemaVersion: ENTRY_SCHEMA_VERSION,
    stated: statedText(stated),
    priceDays: Object.fromEntries(
      // DynamoDB takes an empty key of a map, other tools of the table's exports don't.
      Object.entries(prices).map(([code, record]) => [code || CURRENCY_UNKNOWN, priceText(record)]),
    ),
    ...(stock !== undefined && { stockDays: stockText(stock) }),
  };
}

/**
 * The entry that was stored, by this version or an earlier one; undefined for any other form.
 * @param readAtMs Now. A time that lies after it, which earlier versions kept, would overrule what is true.
 */
export function entryFromStored(stored: unknown, readAtMs: number): CatalogueEntry | undefined {
  const parsed = storedForm.safeParse(stored);
  if (!parsed.success) return undefined;
  if (parsed.data.schemaVersion === undefined) return migrated(parsed.data, readAtMs);
  const { version, priceDays, stockDays, stated, ...fields } = parsed.data;
  const prices: Record<string, PriceRecord> = {};
  for (const [code, text] of Object.entries(priceDays)) {
    const record = priceFrom(text);
    if (record === undefined) return undefined;
    prices[code === CURRENCY_UNKNOWN ? '' : code] = record;
  }
  const stock = stockDays === undefined ? undefined : stockFrom(stockDays);
  const stamps = statedFrom(stated);
  if (stamps === undefined || (stockDays !== undefined && stock === undefined)) return undefined;
  return entryOf({ ...fields, stated: stamps, prices, ...(stock && { stock }) }, version);
}

/** All that was known is taken as said at the one time that was noted; when the item was new, nobody knows. */
function migrated(stored: z.infer<typeof storedVersion1>, readAtMs: number): CatalogueEntry {
  const { source, version, price, currency, available } = stored;
  const timeMs = Math.min(stored.updatedAtMs, readAtMs);
  const stated: Partial<Record<PlainField, Stamp>> = {};
  for (const field of plainFields) {
    const value = stored[field];
    if (value !== undefined && value !== '') stated[field] = { source, timeMs };
  }
  const prices: Prices = price === null ? {} : { [currency]: priceRecordOf(source, price, timeMs) };
  // That an item is available was assumed where nobody said so; feeds say it.
  const isStated = !available || source === 'feed';
  const stock = isStated ? { stock: stockRecordOf(source, available, timeMs) } : {};
  const state: EntryState = { ...stored, firstSeenMs: 0, stated, prices, ...stock };
  return { ...entryOf(state, version), updatedAtMs: timeMs };
}

const RADIX = 36;
const sourceLetters: Readonly<Record<FactSource, string>> = { feed: 'f', page: 'p', order: 'o' };
const sourcesByLetter: ReadonlyMap<string, FactSource> = new Map([
  ['f', 'feed'],
  ['p', 'page'],
  ['o', 'order'],
]);
const fieldLetters: Readonly<Record<PlainField, string>> = {
  title: 't',
  url: 'u',
  imageUrl: 'i',
  category: 'c',
  brand: 'b',
  isAdult: 'a',
};

/** Fields with one stamp stand together: nearly always all of them. */
function statedText(stated: CatalogueEntry['stated']): string {
  const groups = new Map<string, string>();
  for (const field of plainFields) {
    const stamp = stated[field];
    if (stamp === undefined) continue;
    const key = `${sourceLetters[stamp.source]}${stamp.timeMs.toString(RADIX)}`;
    groups.set(key, `${groups.get(key) ?? ''}${fieldLetters[field]}`);
  }
  return [...groups].map(([key, letters]) => `${key}:${letters}`).join(' ');
}

function statedFrom(text: string): CatalogueEntry['stated'] | undefined {
  const stated: Partial<Record<PlainField, Stamp>> = {};
  for (const group of text.split(' ')) {
    if (group === '') continue;
    const [, letter = '', time = '', letters = ''] = /^(.)(-?\w+):(\w+)$/.exec(group) ?? [];
    const source = sourcesByLetter.get(letter);
    if (source === undefined) return undefined;
    const stamp = { source, timeMs: Number.parseInt(time, RADIX) };
    for (const field of plainFields) {
      if (letters.includes(fieldLetters[field])) stated[field] = stamp;
    }
  }
  return stated;
}

function priceText({ source, price, atMs, firstAtMs, days }: PriceRecord): string {
  const daysByPrice = Map.groupBy(days, (each) => each.price);
  const newest = dayOf(atMs);
  const runs = [...daysByPrice].map(([each, itsDays]) => `${each}@${daysText(itsDays, newest)}`);
  const head = [sourceLetters[source], firstAtMs.toString(RADIX), atMs.toString(RADIX), price];
  return [...head, ...runs].join(' ');
}

function priceFrom(text: string): PriceRecord | undefined {
  const [letter = '', first = '', last = '', priceWord = '', ...runs] = text.split(' ');
  const source = sourcesByLetter.get(letter);
  const [firstAtMs, atMs] = [Number.parseInt(first, RADIX), Number.parseInt(last, RADIX)];
  const days: PriceDay[] = [];
  for (const run of runs) {
    const [price = '', itsDays = ''] = run.split('@');
    for (const day of daysFrom(itsDays, dayOf(atMs))) days.push({ day, price: Number(price) });
  }
  const price = Number(priceWord);
  const isSound = source !== undefined && !Number.isNaN(firstAtMs + atMs + price);
  if (!isSound) return undefined;
  return { source, price, atMs, firstAtMs, days: inOrder(days) };
}

function stockText({ source, available, atMs, days }: StockRecord): string {
  const newest = dayOf(atMs);
  const [inStock, out] = [days.filter(({ isIn }) => isIn), days.filter(({ isOut }) => isOut)];
  const head = [sourceLetters[source], atMs.toString(RADIX), available ? 1 : 0];
  return [...head, daysText(inStock, newest), daysText(out, newest)].join(' ');
}

function stockFrom(text: string): StockRecord | undefined {
  const [letter = '', last = '', available, inText = '', outText = ''] = text.split(' ');
  const source = sourcesByLetter.get(letter);
  const atMs = Number.parseInt(last, RADIX);
  if (source === undefined || Number.isNaN(atMs)) return undefined;
  const inStock = new Set(daysFrom(inText, dayOf(atMs)));
  const out = new Set(daysFrom(outText, dayOf(atMs)));
  const days: StockDay[] = [...new Set([...inStock, ...out])].map((day) => ({
    day,
    isIn: inStock.has(day),
    isOut: out.has(day),
  }));
  return { source, available: available === '1', atMs, days: inOrder(days) };
}

/** The days of the window as bits and, behind a slash, the one before it; both in base 36. */
function daysText(days: readonly StatedDay[], newestDay: number): string {
  let bits = 0n;
  let before = '';
  for (const { day } of days) {
    if (newestDay - day < HISTORY_DAYS) bits |= 1n << BigInt(newestDay - day);
    else before = `/${day.toString(RADIX)}`;
  }
  return `${bits.toString(RADIX)}${before}`;
}

function daysFrom(text: string, newestDay: number): number[] {
  const [bitsText = '', before] = text.split('/');
  const days = before === undefined ? [] : [Number.parseInt(before, RADIX)];
  let age = 0;
  for (let bits = bigintFrom(bitsText); bits > 0n; bits >>= 1n) {
    if ((bits & 1n) === 1n) days.push(newestDay - age);
    age += 1;
  }
  return days;
}

/** At most 62 bits: in two halves, each of which a number holds exactly. */
function bigintFrom(text: string): bigint {
  const low = text.slice(-BASE_36_DIGITS);
  const high = text.slice(0, -BASE_36_DIGITS);
  const lowValue = BigInt(Number.parseInt(low || '0', RADIX) || 0);
  return BigInt(Number.parseInt(high || '0', RADIX) || 0) * BASE_36_POWER + lowValue;
}

const BASE_36_DIGITS = 8;
const BASE_36_POWER = 36n ** 8n;

function inOrder<T extends StatedDay>(days: readonly T[]): T[] {
  return days.toSorted((a, b) => a.day - b.day);
}
