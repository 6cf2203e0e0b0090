import type { Placement } from '../../ranking/placement.ts';

export const afterOrder: Placement = {
  schemaVersion: 2,
  id: 'after-order',
  version: 1,
  heading: 'Goes with your order',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'bought-together',
      withinDays: 60,
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
