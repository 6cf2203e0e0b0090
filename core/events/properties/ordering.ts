import * as z from 'zod';
import { type EventDefinition, KEPT } from '../event-definition.ts';
import {
  id,
  optionalAmount,
  optionalCurrency,
  optionalId,
  optionalPosition,
  optionalText,
} from '../field.ts';
import { exampleProduct, exampleProducts, product, productFields, products } from './product.ts';

const inCart = z.looseObject({ cart_id: optionalId, ...productFields });

const cartExample = { cart_id: 'cart-7', ...exampleProduct };

/** Products. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#core-ordering */
export const productEvents: readonly EventDefinition[] = [
  {
    name: 'Product Clicked',
    family: 'commerce',
    version: 1,
    description: 'A customer clicked on a product in a list.',
    properties: product,
    mapsTo: 'catalogue facts of the product',
    examples: [exampleProduct],
  },
  {
    name: 'Product Viewed',
    family: 'commerce',
    version: 1,
    description: 'A customer looked at a product.',
    properties: product,
    mapsTo: 'interaction `view`; catalogue facts of the product',
    examples: [exampleProduct],
  },
  {
    name: 'Product Added',
    family: 'commerce',
    version: 1,
    description: 'A customer put a product into the cart.',
    properties: inCart,
    mapsTo: 'interaction `cart`; catalogue facts of the product',
    examples: [cartExample],
  },
  {
    name: 'Product Removed',
    family: 'commerce',
    version: 1,
    description: 'A customer took a product out of the cart.',
    properties: inCart,
    mapsTo: 'interaction `uncart`',
    examples: [cartExample],
  },
  {
    name: 'Cart Viewed',
    family: 'commerce',
    version: 1,
    description: 'A customer looked at the cart.',
    properties: z.looseObject({ cart_id: optionalId, currency: optionalCurrency, products }),
    mapsTo: KEPT,
    examples: [{ cart_id: 'cart-7', products: exampleProducts }],
  },
];

const checkoutStep = z.looseObject({
  checkout_id: optionalId,
  order_id: optionalId,
  step: optionalPosition,
  shipping_method: optionalText,
  payment_method: optionalText,
});

const stepExample = {
  checkout_id: 'checkout-9',
  step: 2,
  shipping_method: 'Post',
  payment_method: 'Card',
};

const orderFields = {
  checkout_id: optionalId,
  affiliation: optionalText,
  total: optionalAmount,
  subtotal: optionalAmount,
  revenue: optionalAmount,
  value: optionalAmount,
  shipping: optionalAmount,
  tax: optionalAmount,
  discount: optionalAmount,
  coupon: optionalText,
  currency: optionalCurrency,
  products,
};

const order = z.looseObject({ order_id: id, ...orderFields });

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

/** Checkout and orders. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#core-ordering */
export const orderEvents: readonly EventDefinition[] = [
  {
    name: 'Checkout Started',
    family: 'commerce',
    version: 1,
    description: 'A customer began to check out.',
    properties: z.looseObject({ order_id: optionalId, ...orderFields }),
    mapsTo: KEPT,
    examples: [{ ...orderExample, value: 69.5 }],
  },
  {
    name: 'Checkout Step Viewed',
    family: 'commerce',
    version: 1,
    description: 'A customer came to a step of the checkout.',
    properties: checkoutStep,
    mapsTo: KEPT,
    examples: [stepExample],
  },
  {
    name: 'Checkout Step Completed',
    family: 'commerce',
    version: 1,
    description: 'A customer finished a step of the checkout.',
    properties: checkoutStep,
    mapsTo: KEPT,
    examples: [stepExample],
  },
  {
    name: 'Payment Info Entered',
    family: 'commerce',
    version: 1,
    description: 'A customer entered how to pay.',
    properties: checkoutStep,
    mapsTo: KEPT,
    examples: [{ ...stepExample, order_id: '1007' }],
  },
  {
    name: 'Order Completed',
    family: 'commerce',
    version: 1,
    description: 'A customer bought.',
    properties: order,
    mapsTo: 'an order; interaction `purchase` per product; catalogue facts',
    examples: [orderExample, { order_id: 1007 }],
  },
  {
    name: 'Order Updated',
    family: 'commerce',
    version: 1,
    description: 'An order changed after it was placed.',
    properties: order,
    mapsTo: KEPT,
    examples: [orderExample, { order_id: 1007 }],
  },
  {
    name: 'Order Refunded',
    family: 'commerce',
    version: 1,
    description: 'An order, or the products named, were refunded.',
    properties: order,
    mapsTo: 'the order’s refund; training drops what was refunded',
    examples: [orderExample, { order_id: 1007 }],
  },
  {
    name: 'Order Cancelled',
    family: 'commerce',
    version: 1,
    description: 'An order was cancelled.',
    properties: order,
    mapsTo: 'the order’s cancellation; training drops its purchases',
    examples: [orderExample, { order_id: 1007 }],
  },
];
