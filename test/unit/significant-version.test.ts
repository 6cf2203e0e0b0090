import { describe, expect, it } from 'vitest';
import type { RecentInteraction } from '../../core/profile/profile.ts';
import { hourOf } from '../../core/profile/shown.ts';
import type { CustomerFacts } from '../../core/ranking/customer-facts.ts';
import { significantVersionOf } from '../../core/ranking/significant-version.ts';
import { DAY_MS, did, NOW_MS } from './small-shop.ts';

const facts: CustomerFacts = {
  openCart: undefined,
  nextPurchase: undefined,
  topCategories: ['mugs', 'bowls'],
  shown: [],
};
const orders = {
  count: 1,
  revenueMinor: {},
  refundCount: 0,
  refundedMinor: {},
  lastAtMs: NOW_MS - DAY_MS,
};
const recent: RecentInteraction[] = [did('view', 5, 1), did('view', 6, 2)];

const versionOf = (changes: {
  readonly recent?: RecentInteraction[];
  readonly orders?: Partial<typeof orders>;
  readonly facts?: Partial<CustomerFacts>;
}) =>
  significantVersionOf(
    { recent: changes.recent ?? recent, orders: { ...orders, ...changes.orders } },
    { ...facts, ...changes.facts },
    NOW_MS,
  );
const before = versionOf({});

describe('the significant version of a profile', () => {
  it.each([
    ['an order', { orders: { count: 2, lastAtMs: NOW_MS } }],
    ['a refund', { orders: { refundCount: 1 } }],
    ['a first look at an item', { recent: [did('view', 9, 0), ...recent] }],
    ['another look at an older one', { recent: [did('view', 6, 0), did('view', 5, 1)] }],
    ['another top interest', { facts: { topCategories: ['bowls', 'mugs'] } }],
    [
      'something in the cart',
      { facts: { openCart: { changedAtMs: NOW_MS, itemIds: ['item-1'], isAbandoned: false } } },
    ],
    ['a send that is over', { facts: { shown: [[hourOf(NOW_MS) - 5, ['item-1']]] } }],
  ] as const)('changes with %s', (_, changes) => {
    expect(versionOf(changes as Parameters<typeof versionOf>[0])).not.toBe(before);
  });

  it('stays with the page that is on the screen, loaded once more', () => {
    expect(versionOf({ recent: [did('view', 5, 0), did('view', 6, 2)] })).toBe(before);
  });

  it('stays with what this very send was given', () => {
    expect(versionOf({ facts: { shown: [[hourOf(NOW_MS), ['item-1']]] } })).toBe(before);
  });
});
