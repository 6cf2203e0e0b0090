import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
import { optionalCurrency, optionalId, optionalLabel, optionalText } from '../field.ts';
import { products } from './product.ts';

const choice = z.looseObject({ type: optionalText, value: optionalText });
const choices = z.array(choice).nullish();

/** Browsing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#browsing */
export const browsingEvents: readonly EventDefinition[] = [
  {
    name: 'Products Searched',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({
      query: z.union([z.string(), z.looseObject({})], {
        error: 'expected the text searched for, or an object that describes the query',
      }),
    }),
  },
  {
    name: 'Product List Viewed',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({
      list_id: optionalId,
      category: optionalText,
      currency: optionalCurrency,
      products,
    }),
  },
  {
    name: 'Product List Filtered',
    family: 'commerce',
    version: 1,
    properties: z.looseObject({
      list_id: optionalId,
      category: optionalText,
      currency: optionalCurrency,
      filters: choices,
      sorts: choices,
      products,
    }),
  },
];

const promotionProperties = z.looseObject({
  promotion_id: optionalId,
  creative: optionalText,
  name: optionalText,
  // A place has a name in the spec; many shops number theirs.
  position: optionalLabel,
});

/** Promotions. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#promotions */
export const promotionEvents: readonly EventDefinition[] = [
  {
    name: 'Promotion Viewed',
    family: 'commerce',
    version: 1,
    properties: promotionProperties,
  },
  {
    name: 'Promotion Clicked',
    family: 'commerce',
    version: 1,
    properties: promotionProperties,
  },
];
