import type { Placement } from '../../ranking/placement.ts';

export const recentlyViewed: Placement = {
  schemaVersion: 2,
  id: 'recently-viewed',
  version: 2,
  heading: 'Still on your mind?',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'recently-viewed',
      withinDays: 90,
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
  },
  limit: {
    default: 12,
    max: 24,
  },
  maxAgeSeconds: 60,
};
