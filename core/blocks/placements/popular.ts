import type { Placement } from '../../ranking/placement.ts';

export const popular: Placement = {
  schemaVersion: 2,
  id: 'popular',
  version: 2,
  heading: 'Popular right now',
  locale: 'en-GB',
  ladder: [
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
  maxAgeSeconds: 300,
};
