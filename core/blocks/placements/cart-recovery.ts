import type { Placement } from '../../ranking/placement.ts';

export const cartRecovery: Placement = {
  schemaVersion: 2,
  id: 'cart-recovery',
  version: 1,
  heading: 'Still in your basket',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'cart-recovery',
      withinDays: 30,
    },
    {
      kind: 'similar-to-last-viewed',
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
  },
  limit: {
    default: 12,
    max: 24,
  },
  maxAgeSeconds: 60,
};
