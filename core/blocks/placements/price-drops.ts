import type { Placement } from '../../ranking/placement.ts';

export const priceDrops: Placement = {
  schemaVersion: 2,
  id: 'price-drops',
  version: 1,
  heading: 'Now reduced',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'price-drop',
      withinDays: 30,
    },
    {
      kind: 'for-you',
    },
    {
      kind: 'popular',
    },
    {
      kind: 'static',
      content: 'evergreen',
    },
  ],
  rules: {
    excludeBoughtWithinDays: 30,
    onlyAvailable: true,
    onlyWithImage: false,
    categoryItemsMax: 6,
  },
  limit: {
    default: 12,
    max: 24,
  },
  maxAgeSeconds: 60,
};
