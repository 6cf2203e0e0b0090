import type { EventDocumentation } from '../event-documentation.ts';
import { KEPT } from './kept.ts';
import { exampleProducts } from './product.ts';

export const browsingDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Products Searched': {
    description: 'A customer searched for products.',
    mapsTo: KEPT,
    examples: [{ query: 'blue roses' }, { query: { text: 'roses', colour: 'blue' } }],
  },
  'Product List Viewed': {
    description: 'A customer looked at a list or a category of products.',
    mapsTo: 'catalogue facts of each product',
    examples: [{ list_id: 'deals', category: 'Deals', products: exampleProducts }],
  },
  'Product List Filtered': {
    description: 'A customer filtered or sorted a list of products.',
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
};

const promotionExample = {
  promotion_id: 'spring-1',
  creative: 'banner-2',
  name: 'Spring sale',
  position: 'home-top',
};

export const promotionDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Promotion Viewed': {
    description: 'A customer saw a promotion.',
    mapsTo: KEPT,
    examples: [promotionExample],
  },
  'Promotion Clicked': {
    description: 'A customer clicked on a promotion.',
    mapsTo: KEPT,
    examples: [promotionExample],
  },
};
