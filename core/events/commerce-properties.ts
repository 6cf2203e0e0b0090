import * as z from 'zod';
import {
  id,
  optionalAmount,
  optionalCount,
  optionalCurrency,
  optionalId,
  optionalText,
} from './field.ts';

/**
 * Properties of the e-commerce events that Kindred reads.
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/ ; unknown fields are kept.
 */

const productFields = {
  product_id: id,
  sku: optionalId,
  category: optionalText,
  name: optionalText,
  brand: optionalText,
  variant: optionalText,
  price: optionalCount,
  quantity: optionalCount,
  currency: optionalCurrency,
  url: optionalText,
  image_url: optionalText,
};

/** A product inside an order, a cart or a list. */
export const product = z.looseObject(productFields);
const products = z.array(product).nullish();

export const productProperties = z.looseObject(productFields);

export const productsSearchedProperties = z.looseObject({ query: z.string() });

export const productListProperties = z.looseObject({
  list_id: optionalId,
  category: optionalText,
  products,
});

export const cartProperties = z.looseObject({
  cart_id: optionalId,
  currency: optionalCurrency,
  products,
});

const amounts = {
  total: optionalAmount,
  subtotal: optionalAmount,
  revenue: optionalAmount,
  value: optionalAmount,
  shipping: optionalAmount,
  tax: optionalAmount,
  discount: optionalAmount,
  currency: optionalCurrency,
  coupon: optionalText,
};

export const checkoutProperties = z.looseObject({ order_id: optionalId, ...amounts, products });

export const orderProperties = z.looseObject({ order_id: id, ...amounts, products });
