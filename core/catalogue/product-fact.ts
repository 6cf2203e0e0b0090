import type { CollectedEvent } from '../events/event.ts';
import { isoTimeMs } from '../events/iso-time.ts';
import {
  type EventProduct,
  ITEM_ID_LENGTH_MAX,
  productOf,
  productsOf,
} from '../profile/event-products.ts';
import { numberOf, textOf } from '../profile/untyped-value.ts';
import { availabilityOf } from './availability.ts';
import type { Item } from './item.ts';

/**
 * Who says it. A feed is the shop's own record of the product; a page shows the list price and the
 * product's texts; an order's line has the price that was paid, after discounts and by quantity.
 */
export type FactSource = 'feed' | 'page' | 'order';

/** A shop's own record first, then what it shows, then what was paid. */
export const sourceRanks: Readonly<Record<FactSource, number>> = { feed: 0, page: 1, order: 2 };

/** What a fact may say of an item; a price stands with its currency, which is empty where unknown. */
export type ItemFields = {
  -readonly [Field in StatedField]?: Exclude<Item[Field], null | undefined>;
};
type StatedField =
  | 'title'
  | 'price'
  | 'currency'
  | 'url'
  | 'imageUrl'
  | 'category'
  | 'brand'
  | 'available'
  | 'isAdult';

/** What one event says about one item: only the fields that it names. */
export interface ProductFact {
  readonly itemId: string;
  readonly source: FactSource;
  /** When it was so; never later than when it was received. */
  readonly timeMs: number;
  readonly fields: Readonly<ItemFields>;
  /** Of a list that says everything each time it comes: what it repeats is no news. */
  readonly isRepeated?: boolean;
}

/** What an item's fields are called in the products of events and feeds. */
export const itemWords: Readonly<Record<StatedField, string>> = {
  title: 'name',
  price: 'price',
  currency: 'currency',
  url: 'url',
  imageUrl: 'image_url',
  category: 'category',
  brand: 'brand',
  available: 'available',
  isAdult: 'adult',
};

/** What an email can show, and what keeps an item far below DynamoDB's 400 KB. */
const TEXT_LENGTH_MAX = 500;
/** The longest address that browsers and mail programs agree on. */
const URL_LENGTH_MAX = 2048;
/** Beyond it, it is a mistake and not a price. */
export const PRICE_MAX = 1e9;

interface Carrier {
  readonly source: FactSource;
  readonly productsIn: (event: CollectedEvent) => EventProduct[];
}

/** Source: https://segment.com/docs/connections/spec/ecommerce/v2/ */
const carriers: ReadonlyMap<string, Carrier> = new Map<string, Carrier>([
  ['Product Viewed', { source: 'page', productsIn: productOf }],
  ['Product Clicked', { source: 'page', productsIn: productOf }],
  ['Product Added', { source: 'page', productsIn: productOf }],
  ['Product List Viewed', { source: 'page', productsIn: productsOf }],
  ['Order Completed', { source: 'order', productsIn: productsOf }],
]);

/** The events that say something of items, and as whom. */
export const carrierEvents: readonly { readonly event: string; readonly source: FactSource }[] = [
  ...carriers,
].map(([event, { source }]) => ({ event, source }));

const noFacts: readonly ProductFact[] = [];

/**
 * What an event says about the catalogue's items. A clock that runs ahead counts as the time of receipt:
 * a statement from the future would overrule every true one until then.
 */
export function factsOf(event: CollectedEvent): readonly ProductFact[] {
  const carrier = event.type === 'track' ? carriers.get(event.event ?? '') : undefined;
  if (carrier === undefined) return noFacts;
  const products = carrier.productsIn(event);
  if (products.length === 0) return noFacts;
  const { source } = carrier;
  const timeMs = factTimeMs(event);
  const currency = event.properties?.currency;
  return products.map(({ itemId, fields }) => ({
    itemId,
    source,
    timeMs,
    fields: itemFieldsOf(fields, currency),
  }));
}

/** The product of a page's event about one, as its properties say it; undefined for other events. */
export function pageProductOf({
  type,
  event,
  properties,
}: CollectedEvent): CollectedEvent['properties'] {
  const carrier = type === 'track' ? carriers.get(event ?? '') : undefined;
  return carrier?.source === 'page' && carrier.productsIn === productOf ? properties : undefined;
}

/** As of when an event's facts are. */
export function factTimeMs({ timestamp, receivedAt }: CollectedEvent): number {
  // Texts of one form compare as their times do; parsing is half the cost of an event that says nothing new.
  if (timestamp.length === receivedAt.length) {
    return isoTimeMs(timestamp < receivedAt ? timestamp : receivedAt);
  }
  return Math.min(Date.parse(timestamp), Date.parse(receivedAt));
}

/**
 * The fact of a feed's product, in the words of an event's product (`product_id`, `name`, `price`) with
 * `available` and its own `timestamp` beside them. Undefined without an id or a time.
 */
export function productFactOf(
  product: Readonly<Record<string, unknown>>,
  receivedAtMs: number,
): ProductFact | undefined {
  const itemId = textOf(product.product_id, ITEM_ID_LENGTH_MAX);
  const statedMs = Date.parse(textOf(product.timestamp, TEXT_LENGTH_MAX) ?? '');
  if (itemId === undefined || Number.isNaN(statedMs)) return undefined;
  const timeMs = Math.min(statedMs, receivedAtMs);
  return { itemId, source: 'feed', timeMs, fields: itemFieldsOf(product, product.currency) };
}

/** What is no text, no price and no truth value is left out, as if it had not been said. */
export function itemFieldsOf(
  product: Readonly<Record<string, unknown>>,
  currencyBeside: unknown,
): ItemFields {
  const fields: ItemFields = {};
  const title = textOf(product.name, TEXT_LENGTH_MAX);
  if (title !== undefined) fields.title = title;
  const url = textOf(product.url, URL_LENGTH_MAX);
  if (url !== undefined) fields.url = url;
  const imageUrl = textOf(product.image_url, URL_LENGTH_MAX);
  if (imageUrl !== undefined) fields.imageUrl = imageUrl;
  const category = textOf(product.category, TEXT_LENGTH_MAX);
  if (category !== undefined) fields.category = category;
  const brand = textOf(product.brand, TEXT_LENGTH_MAX);
  if (brand !== undefined) fields.brand = brand;
  const price = numberOf(product.price);
  if (price !== undefined && price >= 0 && price <= PRICE_MAX) {
    // Floats such as 1e-320 are no prices and beyond what DynamoDB stores.
    fields.price = Math.round(price * 1e6) / 1e6;
    const currency = currencyIn(product.currency ?? currencyBeside);
    if (currency !== '') fields.currency = currency;
  }
  const available = availabilityOf(product.available ?? product.availability);
  if (available !== undefined) fields.available = available;
  if (typeof product.adult === 'boolean') fields.isAdult = product.adult;
  return fields;
}

const currencyCodes = new Set(Intl.supportedValuesOf('currency'));

/** An ISO 4217 code in upper case; empty for anything that is none, so that no made-up one is kept. */
export function currencyIn(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (currencyCodes.has(value)) return value;
  const code = value.trim().toUpperCase();
  return currencyCodes.has(code) ? code : '';
}
