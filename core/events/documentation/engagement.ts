import type { EventDocumentation } from '../event-documentation.ts';
import { KEPT } from './kept.ts';
import { exampleProduct, exampleProducts } from './product.ts';

const couponExample = { cart_id: 'cart-7', coupon_id: 'SPRING', coupon_name: 'Spring sale' };

export const couponDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Coupon Entered': {
    description: 'A customer entered a coupon.',
    mapsTo: KEPT,
    examples: [couponExample],
  },
  'Coupon Applied': {
    description: 'A coupon took effect on a cart or an order.',
    mapsTo: KEPT,
    examples: [{ ...couponExample, discount: 2.5 }],
  },
  'Coupon Denied': {
    description: 'A coupon was refused.',
    mapsTo: KEPT,
    examples: [{ ...couponExample, reason: 'expired' }],
  },
  'Coupon Removed': {
    description: 'A customer took a coupon off a cart or an order.',
    mapsTo: KEPT,
    examples: [{ ...couponExample, discount: 2.5 }],
  },
};

const wishExample = { wishlist_id: 'wish-4', wishlist_name: 'For the kitchen', ...exampleProduct };

export const wishlistDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Product Added to Wishlist': {
    description: 'A customer put a product on a wishlist.',
    mapsTo: KEPT,
    examples: [wishExample],
  },
  'Product Removed from Wishlist': {
    description: 'A customer took a product off a wishlist.',
    mapsTo: KEPT,
    examples: [wishExample],
  },
  'Wishlist Product Added to Cart': {
    description: 'A customer moved a product from a wishlist to the cart.',
    mapsTo: KEPT,
    examples: [{ ...wishExample, cart_id: 'cart-7' }],
  },
};

const shareExample = { share_via: 'message', share_message: 'Look at this' };

export const sharingDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Product Shared': {
    description: 'A customer shared a product.',
    mapsTo: KEPT,
    examples: [{ ...shareExample, ...exampleProduct }],
  },
  'Cart Shared': {
    description: 'A customer shared the cart.',
    mapsTo: KEPT,
    examples: [{ ...shareExample, cart_id: 'cart-7', products: exampleProducts }],
  },
};

export const reviewingDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Product Reviewed': {
    description: 'A customer reviewed a product.',
    mapsTo: KEPT,
    examples: [{ product_id: 'mug-blue', review_id: 'r-1', review_body: 'Lovely', rating: '5' }],
  },
};
