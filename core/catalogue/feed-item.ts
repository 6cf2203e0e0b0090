import * as z from 'zod';
import type { Fields } from '../mapping/interpret-row.ts';
import type { ItemMapping } from '../mapping/mapping.ts';
import { ITEM_ID_LENGTH_MAX } from '../profile/event-products.ts';
import { numberOf, textOf } from '../profile/untyped-value.ts';
import { currencyIn, itemFieldsOf, PRICE_MAX, type ProductFact } from './product-fact.ts';

/** What a feed's file says of an item, as it waits to be taken in. */
export const feedItem = z.object({
  itemId: z.string().min(1).max(ITEM_ID_LENGTH_MAX),
  timeMs: z.number(),
  fields: z.object({
    title: z.string().exactOptional(),
    url: z.string().exactOptional(),
    imageUrl: z.string().exactOptional(),
    category: z.string().exactOptional(),
    brand: z.string().exactOptional(),
    price: z.number().exactOptional(),
    currency: z.string().exactOptional(),
    available: z.boolean().exactOptional(),
    isAdult: z.boolean().exactOptional(),
  }),
});
export type FeedItem = z.infer<typeof feedItem>;

/** The fact of an item of a file: a feed's, which says everything each time it comes. */
export function feedFactOf({ itemId, timeMs, fields }: FeedItem): ProductFact {
  return { itemId, source: 'feed', timeMs, fields, isRepeated: true };
}

/** An item that a full feed no longer has. */
export function removalOf(itemId: string, timeMs: number): FeedItem {
  return { itemId, timeMs, fields: { available: false } };
}

export type FeedItemReading =
  | { readonly kind: 'item'; readonly item: FeedItem }
  | { readonly kind: 'refused'; readonly reason: string };

/** The id of a row's item, even where the rest of it can't be used. */
export function itemIdOf(mapping: ItemMapping, fields: Fields | undefined): string | undefined {
  return textOf(fields?.[mapping.itemId], ITEM_ID_LENGTH_MAX);
}

/**
 * The item of the rows that are grouped under one id, nearly always one. Several are its variants: it is
 * available where one of them is and has the price of the cheapest of those; its texts are the first one's.
 * @param feedMs When the file was dropped: the time of what it says, and that by which sales are judged.
 */
export function readFeedItem(
  mapping: ItemMapping,
  rows: readonly Fields[],
  feedMs: number,
): FeedItemReading {
  const [first] = rows;
  const itemId = itemIdOf(mapping, first);
  if (first === undefined || itemId === undefined) {
    return refused(`itemId: empty or longer than ${ITEM_ID_LENGTH_MAX} characters`);
  }
  const offers = rows.map((row) => offerOf(mapping, row, feedMs));
  const problem = offers.flatMap((offer) => ('problem' in offer ? [offer.problem] : [])).at(0);
  if (problem !== undefined) return refused(problem);
  const { price, currency, available } = bestOf(
    offers.flatMap((offer) => ('problem' in offer ? [] : [offer])),
  );
  const texts = textsOf(mapping, first);
  const problemOfText = tooLong(texts);
  if (problemOfText !== undefined) return refused(problemOfText);
  const statedMs = Date.parse(String(valueIn(first, mapping.timestamp) ?? ''));
  const timeMs = Number.isNaN(statedMs) ? feedMs : Math.min(statedMs, feedMs);
  const fields = itemFieldsOf({ ...texts, price, available }, currency);
  return { kind: 'item', item: { itemId, timeMs, fields } };
}

interface Offer {
  readonly price: number | undefined;
  readonly currency: string;
  readonly available: boolean | undefined;
}

function offerOf(
  mapping: ItemMapping,
  row: Fields,
  feedMs: number,
): Offer | { readonly problem: string } {
  const listPrice = numberOf(valueIn(row, mapping.price));
  const salePrice = numberOf(valueIn(row, mapping.salePrice));
  for (const [name, price] of [['price', listPrice] as const, ['salePrice', salePrice] as const]) {
    if (price !== undefined && price < 0) return { problem: `${name}: less than nothing` };
    if (price !== undefined && price > PRICE_MAX) return { problem: `${name}: beyond any price` };
  }
  const said = valueIn(row, mapping.currency);
  const currency = currencyIn(said);
  if (said !== undefined && currency === '') {
    return { problem: 'currency: not a code of ISO 4217 such as GBP' };
  }
  const saleCurrency = valueIn(row, mapping.saleCurrency) ?? said;
  if (salePrice !== undefined && currencyIn(saleCurrency) !== currency) {
    return { problem: 'salePrice: in another currency than the price' };
  }
  const available = valueIn(row, mapping.available);
  const isOnSale = salePrice !== undefined && isInForce(valueIn(row, mapping.salePeriod), feedMs);
  return {
    price: isOnSale ? salePrice : listPrice,
    currency,
    available: typeof available === 'boolean' ? available : undefined,
  };
}

/** The variant that a customer would be shown: one to be had before one that is not, then the cheapest. */
function bestOf(offers: readonly Offer[]): Offer {
  const inCurrency = offers.filter(({ currency }) => currency === offers[0]?.currency);
  const [best] = inCurrency.toSorted(
    (a, b) =>
      Number(a.available === false) - Number(b.available === false) ||
      (a.price ?? PRICE_MAX) - (b.price ?? PRICE_MAX),
  );
  const isStated = offers.some(({ available }) => available !== undefined);
  return {
    price: best?.price,
    currency: best?.currency ?? '',
    available: isStated ? offers.some(({ available }) => available === true) : undefined,
  };
}

/** A sale without a period is in force; the period is `from/to`, as the mapping's field has read it. */
function isInForce(period: unknown, feedMs: number): boolean {
  if (period === undefined) return true;
  const [fromMs = Number.NaN, toMs = Number.NaN] = String(period).split('/').map(Date.parse);
  return fromMs <= feedMs && feedMs < toMs;
}

function textsOf(mapping: ItemMapping, row: Fields): Record<string, unknown> {
  return {
    name: valueIn(row, mapping.title),
    url: valueIn(row, mapping.url),
    image_url: valueIn(row, mapping.imageUrl),
    category: valueIn(row, mapping.category),
    brand: valueIn(row, mapping.brand),
    adult: valueIn(row, mapping.isAdult),
  };
}

/** What events may leave out in silence, a feed's author is told. */
function tooLong(texts: Readonly<Record<string, unknown>>): string | undefined {
  const taken = itemFieldsOf(texts, undefined);
  const pairs = [
    ['title', texts.name, taken.title],
    ['url', texts.url, taken.url],
    ['imageUrl', texts.image_url, taken.imageUrl],
    ['category', texts.category, taken.category],
    ['brand', texts.brand, taken.brand],
  ] as const;
  const lost = pairs.find(([, said, kept]) => said !== undefined && kept === undefined);
  return lost === undefined ? undefined : `${lost[0]}: too long`;
}

function valueIn(row: Fields, field: string | undefined): unknown {
  return field === undefined ? undefined : row[field];
}

function refused(reason: string): FeedItemReading {
  return { kind: 'refused', reason };
}
