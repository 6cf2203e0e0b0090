import type { Placement } from '../../ranking/placement.ts';

export const whatsNew: Placement = {
  schemaVersion: 2,
  id: 'whats-new',
  version: 1,
  heading: 'New in',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'new-arrivals',
      withinDays: 30,
    },
    {
      kind: 'back-in-stock',
      withinDays: 30,
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
    diversity: 0.3,
  },
  limit: {
    default: 12,
    max: 24,
  },
  maxAgeSeconds: 300,
};
