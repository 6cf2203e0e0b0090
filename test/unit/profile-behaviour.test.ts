import { describe, expect, it } from 'vitest';
import type { CollectedEvent } from '../../core/events/event.ts';
import { openCartOf } from '../../core/profile/cart.ts';
import { cartAbandonedEvent } from '../../core/profile/cart-abandoned.ts';
import { cartDueOf, cartDueSince, dueBuckets } from '../../core/profile/cart-due.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { nextPurchaseOf } from '../../core/profile/next-purchase.ts';
import { defaultRfmBands, rfmBands, rfmOf } from '../../core/profile/rfm.ts';
import { trackEvent } from './event-maker.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const noonMs = Date.UTC(2026, 0, 2, 12);
const start = {
  ...newProfile('u_u1', noonMs),
  identities: ['anonymousId#a1', 'userId#u1'],
};
const at = (event: string, timeMs: number, properties = {}) =>
  trackEvent(event, {
    timestamp: new Date(timeMs).toISOString(),
    receivedAt: new Date(timeMs).toISOString(),
    properties,
  });
const folded = (...events: CollectedEvent[]) => events.reduce(foldEvent, start);
const added = (minutes: number, itemId = 'mug') =>
  at('Product Added', noonMs + minutes * 60_000, { product_id: itemId });
const removed = (minutes: number, itemId = 'mug') =>
  at('Product Removed', noonMs + minutes * 60_000, { product_id: itemId });
const ordered = (minutes: number) =>
  at('Order Completed', noonMs + minutes * 60_000, { products: [] });

describe('a cart', () => {
  it('is open from what is put in until the order', () => {
    const open = folded(added(0), added(5, 'vase'), at('Checkout Started', noonMs + 600_000));
    expect(openCartOf(open)).toEqual({
      changedAtMs: noonMs + 600_000,
      checkoutAtMs: noonMs + 600_000,
      itemIds: ['vase', 'mug'],
      isAbandoned: false,
    });
    expect(openCartOf(foldEvent(open, ordered(11)))).toBeUndefined();
    expect(openCartOf(foldEvent(open, ordered(-10)))).toBeDefined();
  });

  it('is none once all of it was taken out', () => {
    expect(openCartOf(folded(added(0), removed(1)))).toBeUndefined();
    expect(openCartOf(folded(added(0), added(1, 'vase'), removed(2)))?.itemIds).toEqual(['vase']);
  });

  it('of a shop that only shows whole carts is open without naming its items', () => {
    const viewed = at('Cart Viewed', noonMs, { products: [{ product_id: 'mug' }] });
    expect(openCartOf(folded(viewed))?.itemIds).toEqual([]);
    expect(openCartOf(folded(at('Cart Viewed', noonMs, { products: [] })))).toBeUndefined();
  });

  it('is found under the hour of its last change, and only while it is open and not yet abandoned', () => {
    const due = cartDueOf(folded(added(0), added(30)));
    expect(due).toMatch(/^2026-01-02T12#\d$/);
    expect(dueBuckets(noonMs + 2 * HOUR_MS, HOUR_MS)).toContain(due);
    expect(dueBuckets(noonMs + 80 * HOUR_MS, HOUR_MS)).not.toContain(due);
    expect(cartDueOf(folded(added(0), ordered(1)))).toBeUndefined();
    expect(cartDueOf(start)).toBeUndefined();
  });
});

describe('where only the latest events are at hand', () => {
  const due = (...events: CollectedEvent[]) => cartDueOf(folded(...events));
  const since = (...events: CollectedEvent[]) => {
    const { profileId, cart, orders } = folded(...events);
    return { profileId, cart, orders };
  };

  it('a cart stands in the bucket of its last change, known now or before', () => {
    expect(cartDueSince(undefined, since(added(0)))).toBe(due(added(0)));
    expect(cartDueSince(due(added(0)), since(added(90)))).toBe(due(added(90)));
    expect(cartDueSince(due(added(90)), since(added(0)))).toBe(due(added(90)));
    expect(cartDueSince(due(added(0)), since(at('Page Left', noonMs)))).toBe(due(added(0)));
    expect(cartDueSince(undefined, since(at('Page Left', noonMs)))).toBeUndefined();
  });

  it('an order and an abandonment take it out, and an earlier order doesn’t', () => {
    expect(cartDueSince(undefined, since(added(0), ordered(1)))).toBeUndefined();
    expect(cartDueSince(due(added(0)), since(ordered(90)))).toBeUndefined();
    expect(cartDueSince(due(added(0)), since(ordered(-90)))).toBe(due(added(0)));
    expect(cartDueSince(due(added(0)), since(ordered(90), added(100)))).toBe(due(added(100)));
    const left = cartAbandonedEvent(folded(added(0)), noonMs + DAY_MS, HOUR_MS);
    expect(cartDueSince(undefined, since(added(0), left ?? added(0)))).toBeUndefined();
    // As they mostly come: one after the other, the bucket stored in between.
    expect(cartDueSince(due(added(0)), since(added(0), ordered(1)))).toBeUndefined();
    expect(cartDueSince(due(added(0)), since(added(0), left ?? added(0)))).toBeUndefined();
    expect(cartDueSince(due(added(0)), since(left ?? added(0)))).toBeUndefined();
    expect(cartDueSince(due(added(90)), since(left ?? added(0)))).toBe(due(added(90)));
  });
});

describe('an abandoned cart', () => {
  const profile = folded(added(0), added(1, 'vase'));
  const changedMs = noonMs + 60_000;

  it('is one that nobody touched for the window, told by one event that names its time', () => {
    expect(cartAbandonedEvent(profile, changedMs + HOUR_MS - 1, HOUR_MS)).toBeUndefined();
    expect(cartAbandonedEvent(profile, changedMs + HOUR_MS, HOUR_MS)).toMatchObject({
      type: 'track',
      event: 'Cart Abandoned',
      source: 'kindred',
      identities: [{ kind: 'userId', key: 'u1' }],
      timestamp: new Date(changedMs + HOUR_MS).toISOString(),
      properties: {
        cart_changed_at: new Date(changedMs).toISOString(),
        products: [{ product_id: 'vase' }, { product_id: 'mug' }],
      },
    });
  });

  it('has one message id, however often and whenever it is found', () => {
    const [one, other] = [2, 9].map(
      (hours) => cartAbandonedEvent(profile, changedMs + hours * HOUR_MS, HOUR_MS)?.messageId,
    );
    expect(one).toBe(other);
    expect(one?.length).toBeLessThan(100);
    const touched = foldEvent(profile, added(9));
    expect(cartAbandonedEvent(touched, changedMs + DAY_MS, HOUR_MS)?.messageId).not.toBe(one);
  });

  it('is not found again once its event is folded, until it is touched again', () => {
    const event = cartAbandonedEvent(profile, changedMs + DAY_MS, HOUR_MS);
    const known = foldEvent(profile, event ?? added(0));
    expect(openCartOf(known)?.isAbandoned).toBe(true);
    expect(cartDueOf(known)).toBeUndefined();
    expect(cartAbandonedEvent(known, changedMs + 2 * DAY_MS, HOUR_MS)).toBeUndefined();
    expect(cartDueOf(foldEvent(known, added(90)))).toBeDefined();
  });

  it('is not what a shop’s own event of that name says', () => {
    const own = at('Cart Abandoned', changedMs, { cart_changed_at: '2030-01-01T00:00:00Z' });
    expect(foldEvent(profile, own).cart).toEqual(profile.cart);
  });
});

describe('time on page', () => {
  it('is what pages say, in whole seconds, a forgotten tab cut', () => {
    const profile = folded(
      at('Page Left', noonMs, { duration: 12.4 }),
      at('Product Viewed', noonMs, { duration: '8' }),
      at('Page Left', noonMs, { duration: 86_400 }),
      at('Page Left', noonMs, { duration: -5 }),
      at('Page Left', noonMs, {}),
      { ...at('Page Left', noonMs, { duration: 9 }), context: { kindred: { bot: 'user-agent' } } },
    );
    expect(profile.timeOnPage).toEqual([12 + 8 + 1800, 3]);
  });
});

describe('recency, frequency and monetary value', () => {
  const bought = (daysAgo: number, revenue: number, currency: string) =>
    at('Order Completed', noonMs - daysAgo * DAY_MS, { revenue, currency });
  const bands = rfmBands.parse({
    ...defaultRfmBands,
    spent: { currency: 'GBP', amountsMinor: [5_000, 10_000, 20_000, 50_000] },
  });

  it('are scores by the bands of a document', () => {
    const profile = folded(bought(200, 80, 'GBP'), bought(40, 30, 'GBP'));
    expect(rfmOf(profile, bands, noonMs)).toEqual({
      daysSinceOrder: 40,
      recency: 4,
      orderCount: 2,
      frequency: 2,
      spentMinor: 11_000,
      monetary: 3,
    });
    expect(rfmOf(start, bands, noonMs)).toBeUndefined();
  });

  it('never add up money of two currencies', () => {
    const profile = folded(bought(1, 30, 'GBP'), bought(1, 1_000, 'EUR'));
    expect(profile.orders.revenueMinor).toEqual({ GBP: 3_000, EUR: 100_000 });
    expect(rfmOf(profile, bands, noonMs)?.spentMinor).toBe(3_000);
    expect(rfmOf(profile, defaultRfmBands, noonMs)?.spentMinor).toBeUndefined();
  });

  it.each([
    [{ recencyDays: [30, 20, 180, 365] }, /rising/],
    [{ spent: { currency: 'pounds', amountsMinor: [1, 2, 3, 4] } }, /ISO 4217/],
    [{ spend: {} }, /spend/],
  ])('refuse bands of %j', (wrong, message) => {
    const parsed = rfmBands.safeParse({ ...defaultRfmBands, ...wrong });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(message);
  });
});

describe('the next purchase', () => {
  const daysAgo = (...days: number[]) =>
    folded(...days.map((day) => at('Order Completed', noonMs - day * DAY_MS))).purchaseDays;

  it('is expected by the customer’s own rhythm, drawn to two months while that is short', () => {
    // Two intervals of 30 days and one of 60 known in advance: 40 days.
    expect(nextPurchaseOf(daysAgo(60, 30, 0))).toEqual({
      intervalDays: 40,
      expectedAtMs: Date.UTC(2026, 0, 2) + 40 * DAY_MS,
    });
    const monthly = Array.from({ length: 16 }, (_, index) => index * 30);
    expect(nextPurchaseOf(daysAgo(...monthly))?.intervalDays).toBeCloseTo(31.875);
  });

  it('is not guessed from fewer than three days of purchase', () => {
    expect(nextPurchaseOf(undefined)).toBeUndefined();
    expect(nextPurchaseOf(daysAgo(30, 0))).toBeUndefined();
    expect(nextPurchaseOf(daysAgo(30, 30, 0, 0))).toBeUndefined();
  });
});
