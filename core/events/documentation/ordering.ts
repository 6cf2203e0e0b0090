import type { EventDocumentation } from '../event-documentation.ts';
import { KEPT } from './kept.ts';
import { exampleProduct, exampleProducts } from './product.ts';

const cartExample = { cart_id: 'cart-7', ...exampleProduct };

export const productDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Product Clicked': {
    description: 'A customer clicked on a product in a list.',
    mapsTo: 'catalogue facts of the product',
    examples: [exampleProduct],
  },
  'Product Viewed': {
    description: 'A customer looked at a product.',
    mapsTo: 'interaction `view`; catalogue facts of the product',
    examples: [exampleProduct],
  },
  'Product Added': {
    description: 'A customer put a product into the cart.',
    mapsTo: 'interaction `cart`; catalogue facts of the product',
    examples: [cartExample],
  },
  'Product Removed': {
    description: 'A customer took a product out of the cart.',
    mapsTo: 'interaction `uncart`',
    examples: [cartExample],
  },
  'Cart Viewed': {
    description: 'A customer looked at the cart.',
    mapsTo: KEPT,
    examples: [{ cart_id: 'cart-7', products: exampleProducts }],
  },
};

const stepExample = {
  checkout_id: 'checkout-9',
  step: 2,
  shipping_method: 'Post',
  payment_method: 'Card',
};

const orderExample = {
  checkout_id: 'checkout-9',
  order_id: '1007',
  affiliation: 'Web shop',
  total: 69.5,
  subtotal: 62.5,
  revenue: 65,
  shipping: 3,
  tax: 4,
  discount: 2.5,
  coupon: 'SPRING',
  currency: 'GBP',
  products: exampleProducts,
};

export const orderDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Checkout Started': {
    description: 'A customer began to check out.',
    mapsTo: KEPT,
    examples: [{ ...orderExample, value: 69.5 }],
  },
  'Checkout Step Viewed': {
    description: 'A customer came to a step of the checkout.',
    mapsTo: KEPT,
    examples: [stepExample],
  },
  'Checkout Step Completed': {
    description: 'A customer finished a step of the checkout.',
    mapsTo: KEPT,
    examples: [stepExample],
  },
  'Payment Info Entered': {
    description: 'A customer entered how to pay.',
    mapsTo: KEPT,
    examples: [{ ...stepExample, order_id: '1007' }],
  },
  'Order Completed': {
    description: 'A customer bought.',
    mapsTo: 'an order; interaction `purchase` per product; catalogue facts',
    examples: [orderExample, { order_id: 1007 }],
  },
  'Order Updated': {
    description: 'An order changed after it was placed.',
    mapsTo: KEPT,
    examples: [orderExample, { order_id: 1007 }],
  },
  'Order Refunded': {
    description: 'An order, or the products named, were refunded.',
    mapsTo: 'the order’s refund; training drops what was refunded',
    examples: [orderExample, { order_id: 1007 }],
  },
  'Order Cancelled': {
    description: 'An order was cancelled.',
    mapsTo: 'the order’s cancellation; training drops its purchases',
    examples: [orderExample, { order_id: 1007 }],
  },
};
