import type { ShopItem } from './catalogue.ts';

/** A call in the Segment HTTP Tracking API's form, as an SDK would put it into a batch. */
export type SegmentCall = {
  readonly type: 'track' | 'identify' | 'page';
  readonly messageId: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  readonly anonymousId?: string;
  readonly userId?: string;
  readonly event?: string;
  readonly name?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
};

/** A product in the form of https://segment.com/docs/connections/spec/ecommerce/v2/ . */
export function productProperties(item: ShopItem, quantity?: number): Record<string, unknown> {
  return {
    product_id: item.itemId,
    sku: item.itemId,
    name: item.title,
    category: item.category,
    brand: item.brand,
    price: item.price,
    currency: item.currency,
    url: item.url,
    image_url: item.imageUrl,
    ...(quantity === undefined ? {} : { quantity }),
  };
}
