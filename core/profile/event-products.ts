import type { CollectedEvent } from '../events/event.ts';
import { fieldsOf, textOf } from './untyped-value.ts';

/** Longer ids than any shop system's; 128 of them still fit a profile many times over. */
export const ITEM_ID_LENGTH_MAX = 200;

/** One product as an event names it, with the event's own properties beside it. */
export interface EventProduct {
  readonly itemId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The product that a `Product …` event is about. */
export function productOf(event: CollectedEvent): EventProduct[] {
  const product = productIn(event.properties);
  return product === undefined ? [] : [product];
}

/** The products inside an order, a cart or a list. */
export function productsOf(event: CollectedEvent): EventProduct[] {
  const products: unknown = event.properties?.products;
  if (!Array.isArray(products)) return [];
  const named: EventProduct[] = [];
  for (const each of products) {
    const product = productIn(each);
    if (product !== undefined) named.push(product);
  }
  return named;
}

/** A product without a usable `product_id` or `sku` is no item to speak of. */
function productIn(product: unknown): EventProduct | undefined {
  const fields = fieldsOf(product);
  const itemId =
    textOf(fields.product_id, ITEM_ID_LENGTH_MAX) ?? textOf(fields.sku, ITEM_ID_LENGTH_MAX);
  return itemId === undefined ? undefined : { itemId, fields };
}
