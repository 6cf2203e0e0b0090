import type { CollectedEvent } from '../events/event.ts';
import {
  type EventProduct,
  ITEM_ID_LENGTH_MAX,
  productOf,
  productsOf,
} from '../profile/event-products.ts';
import { fieldsOf, numberOf, textOf } from '../profile/untyped-value.ts';
import type { Item } from './item.ts';

/**
 * Who says it. A feed is the shop's own record of the product; a page shows the list price and the
 * product's texts; an order's line has the price that was paid, after discounts and by quantity.
 */
export type FactSource = 'feed' | 'page' | 'order';

export type ItemFields = Omit<Item, 'itemId' | 'updatedAtMs'>;

/** What one event says about one item: only the fields that it names. */
export interface ProductFact {
  readonly itemId: string;
  readonly source: FactSource;
  readonly timeMs: number;
  readonly fields: Partial<ItemFields>;
}

/** What an item's fields are called in the products of events and feeds. */
export const itemWords: Readonly<Record<keyof ItemFields, string>> = {
  title: 'name',
  price: 'price',
  currency: 'currency',
  url: 'url',
  imageUrl: 'image_url',
  category: 'category',
  brand: 'brand',
  available: 'available',
};

/** What an email can show, and what keeps an item far below DynamoDB's 400 KB. */
const TEXT_LENGTH_MAX = 500;
/** The longest address that browsers and mail programs agree on. */
const URL_LENGTH_MAX = 2048;
/** Beyond it, it is a mistake and not a price. */
const PRICE_MAX = 1e9;

/** Source: https://segment.com/docs/connections/spec/ecommerce/v2/ */
const carriers: ReadonlyMap<
  string,
  { readonly source: FactSource; readonly productsIn: (event: CollectedEvent) => EventProduct[] }
> = new Map([
  ['Product Viewed', { source: 'page' as const, productsIn: productOf }],
  ['Product Clicked', { source: 'page' as const, productsIn: productOf }],
  ['Product Added', { source: 'page' as const, productsIn: productOf }],
  ['Product List Viewed', { source: 'page' as const, productsIn: productsOf }],
  ['Order Completed', { source: 'order' as const, productsIn: productsOf }],
]);

/** The events that say something of items, and as whom. */
export const carrierEvents: readonly { readonly event: string; readonly source: FactSource }[] = [
  ...carriers,
].map(([event, { source }]) => ({ event, source }));

/** What an event says about the catalogue's items. */
export function factsOf(event: CollectedEvent): ProductFact[] {
  const carrier = event.type === 'track' ? carriers.get(event.event ?? '') : undefined;
  if (carrier === undefined) return [];
  const { source } = carrier;
  const timeMs = Date.parse(event.timestamp);
  const currency = fieldsOf(event.properties).currency;
  return carrier.productsIn(event).map(({ itemId, fields }) => ({
    itemId,
    source,
    timeMs,
    fields: itemFieldsOf(fields, currency),
  }));
}

/**
 * The fact of a feed's product, in the words of an event's product (`product_id`, `name`, `price`) with
 * `available` and its own `timestamp` beside them. Undefined without an id or a time.
 */
export function productFactOf(product: Readonly<Record<string, unknown>>): ProductFact | undefined {
  const itemId = textOf(product.product_id, ITEM_ID_LENGTH_MAX);
  const timeMs = Date.parse(textOf(product.timestamp, TEXT_LENGTH_MAX) ?? '');
  if (itemId === undefined || Number.isNaN(timeMs)) return undefined;
  return { itemId, source: 'feed', timeMs, fields: itemFieldsOf(product, product.currency) };
}

/**
 * One fact per item and source: the newest statement of each field. A batch says the same of an item
 * many times over, and one write is enough.
 */
export function combineFacts(facts: readonly ProductFact[]): ProductFact[] {
  const combined = new Map<string, ProductFact>();
  for (const fact of facts.toSorted((a, b) => a.timeMs - b.timeMs)) {
    const key = `${fact.source} ${fact.itemId}`;
    const older = combined.get(key);
    combined.set(key, { ...fact, fields: { ...older?.fields, ...fact.fields } });
  }
  return [...combined.values()];
}

function itemFieldsOf(
  product: Readonly<Record<string, unknown>>,
  currencyBeside: unknown,
): Partial<ItemFields> {
  const price = numberOf(product[itemWords.price]);
  const available = product[itemWords.available];
  const isPrice = price !== undefined && price >= 0 && price <= PRICE_MAX;
  const currency = /^[a-z]{3}$/i.exec(
    textOf(product[itemWords.currency] ?? currencyBeside, 3) ?? '',
  )?.[0];
  const title = textOf(product[itemWords.title], TEXT_LENGTH_MAX);
  const url = textOf(product[itemWords.url], URL_LENGTH_MAX);
  const imageUrl = textOf(product[itemWords.imageUrl], URL_LENGTH_MAX);
  const category = textOf(product[itemWords.category], TEXT_LENGTH_MAX);
  const brand = textOf(product[itemWords.brand], TEXT_LENGTH_MAX);
  return {
    ...(title !== undefined && { title }),
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(category !== undefined && { category }),
    ...(brand !== undefined && { brand }),
    // Floats such as 1e-320 are no prices and beyond what DynamoDB stores.
    ...(isPrice && { price: Math.round(price * 1e6) / 1e6 }),
    ...(isPrice && currency !== undefined && { currency: currency.toUpperCase() }),
    ...(typeof available === 'boolean' && { available }),
  };
}
