import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
import { optionalAmount, optionalId, optionalLabel, optionalText } from '../field.ts';
import { product, productFields, products } from './product.ts';

const couponFields = {
  order_id: optionalId,
  cart_id: optionalId,
  coupon_id: optionalId,
  coupon_name: optionalText,
};
const discounted = z.looseObject({ ...couponFields, discount: optionalAmount });

/** Coupons. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#coupons */
export const couponEvents: readonly EventDefinition[] = [
  {
    name: 'Coupon Entered',
    family: 'commerce',
    version: 1,
    properties: z.looseObject(couponFields),
  },
  {
    name: 'Coupon Applied',
    family: 'commerce',
    version: 1,
    properties: discounted,
  },
  {
    name: 'Coupon Denied',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({ ...couponFields, reason: optionalText }),
  },
  {
    name: 'Coupon Removed',
    family: 'commerce',
    version: 1,
    properties: discounted,
  },
];

const wished = z.looseObject({
  wishlist_id: optionalId,
  wishlist_name: optionalText,
  ...productFields,
});
const fromWishlist = wished.extend({ cart_id: optionalId });

/** Wishlists. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#wishlisting */
export const wishlistEvents: readonly EventDefinition[] = [
  {
    name: 'Product Added to Wishlist',
    family: 'commerce',
    version: 1,
    properties: wished,
  },
  {
    name: 'Product Removed from Wishlist',
    family: 'commerce',
    version: 1,
    properties: wished,
  },
  {
    name: 'Wishlist Product Added to Cart',
    family: 'commerce',
    version: 1,
    properties: fromWishlist,
  },
];

const shareFields = {
  share_via: optionalText,
  share_message: optionalText,
  recipient: optionalText,
};

/** Sharing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#sharing */
export const sharingEvents: readonly EventDefinition[] = [
  {
    name: 'Product Shared',
    family: 'commerce',
    version: 1,
    properties: product.extend(shareFields),
  },
  {
    name: 'Cart Shared',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({ ...shareFields, cart_id: optionalId, products }),
  },
];

/** Reviewing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#reviewing */
export const reviewingEvents: readonly EventDefinition[] = [
  {
    name: 'Product Reviewed',
    family: 'commerce',
    version: 1,
    properties: product.extend({
      review_id: optionalId,
      review_body: optionalText,
      rating: optionalLabel,
    }),
  },
];
