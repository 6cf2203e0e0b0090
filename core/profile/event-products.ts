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
  return withItemIds([event.properties]);
}

/** The products inside an order, a cart or a list. */
export function productsOf(event: CollectedEvent): EventProduct[] {
  const products = event.properties?.products;
  return Array.isArray(products) ? withItemIds(products) : [];
}

/** Products without a usable `product_id` or `sku` have no item to speak of. */
function withItemIds(products: readonly unknown[]): EventProduct[] {
  return products.flatMap((product) => {
    const fields = fieldsOf(product);
    const itemId =
      textOf(fields.product_id, ITEM_ID_LENGTH_MAX) ?? textOf(fields.sku, ITEM_ID_LENGTH_MAX);
    return itemId === undefined ? [] : [{ itemId, fields }];
  });
}
