import type { Placement } from '../../ranking/placement.ts';

export const replenish: Placement = {
  schemaVersion: 2,
  id: 'replenish',
  version: 1,
  heading: 'Time to stock up?',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'replenishment',
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
