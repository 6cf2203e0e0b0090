import type { Placement } from '../../ranking/placement.ts';

export const forYou: Placement = {
  schemaVersion: 2,
  id: 'for-you',
  version: 2,
  heading: 'Picked for you',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'for-you',
    },
    {
      kind: 'recently-viewed',
      withinDays: 90,
    },
    {
      kind: 'trending',
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
