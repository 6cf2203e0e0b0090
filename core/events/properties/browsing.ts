import * as z from 'zod';
import { type EventDefinition, KEPT } from '../event-definition.ts';
import { optionalCurrency, optionalId, optionalLabel, optionalText } from '../field.ts';
import { exampleProducts, products } from './product.ts';

const choice = z.looseObject({ type: optionalText, value: optionalText });
const choices = z.array(choice).nullish();

/** Browsing. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#browsing */
export const browsingEvents: readonly EventDefinition[] = [
  {
    name: 'Products Searched',
    family: 'commerce',
    version: 1,
    description: 'A customer searched for products.',
    properties: z.looseObject({
      query: z.union([z.string(), z.looseObject({})], {
        error: 'expected the text searched for, or an object that describes the query',
      }),
    }),
    mapsTo: KEPT,
    examples: [{ query: 'blue roses' }, { query: { text: 'roses', colour: 'blue' } }],
  },
  {
    name: 'Product List Viewed',
    family: 'commerce',
    version: 1,
    description: 'A customer looked at a list or a category of products.',
    properties: z.looseObject({
      list_id: optionalId,
      category: optionalText,
      currency: optionalCurrency,
      products,
    }),
    mapsTo: 'catalogue facts of each product',
    examples: [{ list_id: 'deals', category: 'Deals', products: exampleProducts }],
  },
  {
    name: 'Product List Filtered',
    family: 'commerce',
    version: 1,
    description: 'A customer filtered or sorted a list of products.',
    properties: z.looseObject({
      list_id: optionalId,
      category: optionalText,
      currency: optionalCurrency,
      filters: choices,
      sorts: choices,
      products,
    }),
    mapsTo: KEPT,
    examples: [
      {
        list_id: 'deals',
        category: 'Deals',
        filters: [{ type: 'price', value: 'under-25' }],
        sorts: [{ type: 'price', value: 'desc' }],
        products: exampleProducts,
      },
    ],
  },
];

const promotionProperties = z.looseObject({
  promotion_id: optionalId,
  creative: optionalText,
  name: optionalText,
  // A place has a name in the spec; many shops number theirs.
  position: optionalLabel,
});

const promotionExample = {
  promotion_id: 'spring-1',
  creative: 'banner-2',
  name: 'Spring sale',
  position: 'home-top',
};

/** Promotions. Source: https://segment.com/docs/connections/spec/ecommerce/v2/#promotions */
export const promotionEvents: readonly EventDefinition[] = [
  {
    name: 'Promotion Viewed',
    family: 'commerce',
    version: 1,
    description: 'A customer saw a promotion.',
    properties: promotionProperties,
    mapsTo: KEPT,
    examples: [promotionExample],
  },
  {
    name: 'Promotion Clicked',
    family: 'commerce',
    version: 1,
    description: 'A customer clicked on a promotion.',
    properties: promotionProperties,
    mapsTo: KEPT,
    examples: [promotionExample],
  },
];
