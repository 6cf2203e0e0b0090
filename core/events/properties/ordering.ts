import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
import {
  id,
  optionalAmount,
  optionalCurrency,
  optionalId,
  optionalPosition,
  optionalText,
} from '../field.ts';
import { product, productFields, products } from './product.ts';

const inCart = z.looseObject({ cart_id: optionalId, ...productFields });

/** Products. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#core-ordering */
export const productEvents: readonly EventDefinition[] = [
  {
    name: 'Product Clicked',
    family: 'commerce',
    version: 1,
    properties: product,
  },
  {
    name: 'Product Viewed',
    family: 'commerce',
    version: 1,
    properties: product,
  },
  {
    name: 'Product Added',
    family: 'commerce',
    version: 1,
    properties: inCart,
  },
  {
    name: 'Product Removed',
    family: 'commerce',
    version: 1,
    properties: inCart,
  },
  {
    name: 'Cart Viewed',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({ cart_id: optionalId, currency: optionalCurrency, products }),
  },
];

const checkoutStep = z.looseObject({
  checkout_id: optionalId,
  order_id: optionalId,
  step: optionalPosition,
  shipping_method: optionalText,
  payment_method: optionalText,
});

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

/** Checkout and orders. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#core-ordering */
export const orderEvents: readonly EventDefinition[] = [
  {
    name: 'Checkout Started',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({ order_id: optionalId, ...orderFields }),
  },
  {
    name: 'Checkout Step Viewed',
    family: 'commerce',
    version: 1,
    properties: checkoutStep,
  },
  {
    name: 'Checkout Step Completed',
    family: 'commerce',
    version: 1,
    properties: checkoutStep,
  },
  {
    name: 'Payment Info Entered',
    family: 'commerce',
    version: 1,
    properties: checkoutStep,
  },
  {
    name: 'Order Completed',
    family: 'commerce',
    version: 1,
    properties: order,
  },
  {
    name: 'Order Updated',
    family: 'commerce',
    version: 1,
    properties: order,
  },
  {
    name: 'Order Refunded',
    family: 'commerce',
    version: 1,
    properties: order,
  },
  {
    name: 'Order Cancelled',
    family: 'commerce',
    version: 1,
    properties: order,
  },
];
