import * as z from 'zod';
import {
  id,
  optionalAmount,
  optionalCount,
  optionalCurrency,
  optionalId,
  optionalPosition,
  optionalText,
} from '../field.ts';

/**
 * A product as the e-commerce spec describes it, alone in an event or in a list of one.
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/
 */
export const productFields = {
  product_id: id,
  sku: optionalId,
  category: optionalText,
  name: optionalText,
  brand: optionalText,
  variant: optionalText,
  price: optionalCount,
  quantity: optionalCount,
  coupon: optionalText,
  currency: optionalCurrency,
  position: optionalPosition,
  value: optionalAmount,
  url: optionalText,
  image_url: optionalText,
};

/** A product inside an order, a cart or a list. */
export const product = z.looseObject(productFields);

export const products = z.array(product).nullish();
