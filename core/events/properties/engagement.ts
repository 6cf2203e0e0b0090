import * as z from 'zod';
import { type EventDefinition, KEPT } from '../event-definition.ts';
import { optionalAmount, optionalId, optionalLabel, optionalText } from '../field.ts';
import { exampleProduct, exampleProducts, product, productFields, products } from './product.ts';

const couponFields = {
  order_id: optionalId,
  cart_id: optionalId,
  coupon_id: optionalId,
  coupon_name: optionalText,
};
const discounted = z.looseObject({ ...couponFields, discount: optionalAmount });

const couponExample = { cart_id: 'cart-7', coupon_id: 'SPRING', coupon_name: 'Spring sale' };

/** Coupons. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#coupons */
export const couponEvents: readonly EventDefinition[] = [
  {
    name: 'Coupon Entered',
    family: 'commerce',
    version: 1,
    description: 'A customer entered a coupon.',
    properties: z.looseObject(couponFields),
    mapsTo: KEPT,
    examples: [couponExample],
  },
  {
    name: 'Coupon Applied',
    family: 'commerce',
    version: 1,
    description: 'A coupon took effect on a cart or an order.',
    properties: discounted,
    mapsTo: KEPT,
    examples: [{ ...couponExample, discount: 2.5 }],
  },
  {
    name: 'Coupon Denied',
    family: 'commerce',
    version: 1,
    description: 'A coupon was refused.',
    properties: z.looseObject({ ...couponFields, reason: optionalText }),
    mapsTo: KEPT,
    examples: [{ ...couponExample, reason: 'expired' }],
  },
  {
    name: 'Coupon Removed',
    family: 'commerce',
    version: 1,
    description: 'A customer took a coupon off a cart or an order.',
    properties: discounted,
    mapsTo: KEPT,
    examples: [{ ...couponExample, discount: 2.5 }],
  },
];

const wished = z.looseObject({
  wishlist_id: optionalId,
  wishlist_name: optionalText,
  ...productFields,
});
const fromWishlist = wished.extend({ cart_id: optionalId });

const wishExample = { wishlist_id: 'wish-4', wishlist_name: 'For the kitchen', ...exampleProduct };

/** Wishlists. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#wishlisting */
export const wishlistEvents: readonly EventDefinition[] = [
  {
    name: 'Product Added to Wishlist',
    family: 'commerce',
    version: 1,
    description: 'A customer put a product on a wishlist.',
    properties: wished,
    mapsTo: KEPT,
    examples: [wishExample],
  },
  {
    name: 'Product Removed from Wishlist',
    family: 'commerce',
    version: 1,
    description: 'A customer took a product off a wishlist.',
    properties: wished,
    mapsTo: KEPT,
    examples: [wishExample],
  },
  {
    name: 'Wishlist Product Added to Cart',
    family: 'commerce',
    version: 1,
    description: 'A customer moved a product from a wishlist to the cart.',
    properties: fromWishlist,
    mapsTo: KEPT,
    examples: [{ ...wishExample, cart_id: 'cart-7' }],
  },
];

const shareFields = {
  share_via: optionalText,
  share_message: optionalText,
  recipient: optionalText,
};
const shareExample = { share_via: 'message', share_message: 'Look at this' };

/** Sharing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#sharing */
export const sharingEvents: readonly EventDefinition[] = [
  {
    name: 'Product Shared',
    family: 'commerce',
    version: 1,
    description: 'A customer shared a product.',
    properties: product.extend(shareFields),
    mapsTo: KEPT,
    examples: [{ ...shareExample, ...exampleProduct }],
  },
  {
    name: 'Cart Shared',
    family: 'commerce',
    version: 1,
    description: 'A customer shared the cart.',
    properties: z.looseObject({ ...shareFields, cart_id: optionalId, products }),
    mapsTo: KEPT,
    examples: [{ ...shareExample, cart_id: 'cart-7', products: exampleProducts }],
  },
];

/** Reviewing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#reviewing */
export const reviewingEvents: readonly EventDefinition[] = [
  {
    name: 'Product Reviewed',
    family: 'commerce',
    version: 1,
    description: 'A customer reviewed a product.',
    properties: product.extend({
      review_id: optionalId,
      review_body: optionalText,
      rating: optionalLabel,
    }),
    mapsTo: KEPT,
    examples: [{ product_id: 'mug-blue', review_id: 'r-1', review_body: 'Lovely', rating: '5' }],
  },
];
