import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCartOf } from '../../core/profile/cart.ts';
import { interactionKinds, type Profile } from '../../core/profile/profile.ts';
import { profileAt } from '../../core/profile/profile-at.ts';
import { combinePurchaseDays, daysIn } from '../../core/profile/purchase-days.ts';
import { SEND_MS } from '../../core/profile/shown.ts';
import { DAY_MS, NOW_MS } from '../unit/small-shop.ts';

const time = fc.integer({ min: NOW_MS - 100 * DAY_MS, max: NOW_MS });
const deed = fc.record({
  itemId: fc.integer({ min: 0, max: 9 }).map((index) => `item-${index}`),
  kind: fc.constantFrom(...interactionKinds),
  timeMs: time,
});
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const profiles: fc.Arbitrary<Profile> = fc
  .record({
    recent: fc.array(deed, { maxLength: 20 }),
    orderedMs: some(time),
    cart: some(fc.array(time, { minLength: 1, maxLength: 3 })),
    days: some(fc.array(time, { maxLength: 6 })),
    sends: some(fc.array(time, { maxLength: 4 })),
  })
  .map(({ recent, orderedMs, cart, days, sends }) => ({
    ...{ schemaVersion: 2, profileId: 'p', version: 1, identities: [], traits: {} },
    recent: recent.toSorted((a, b) => b.timeMs - a.timeMs),
    orders: {
      ...{ count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
      ...(orderedMs !== undefined && { lastAtMs: orderedMs }),
    },
    email: { openCount: 0, clickCount: 0 },
    ...{ eventCount: 1, firstSeenMs: 0, lastSeenMs: NOW_MS },
    evidence: { lanes: {}, messages: '' },
    ...(cart && { cart }),
    ...(days && {
      purchaseDays: days
        .map((timeMs) => [Math.floor(timeMs / DAY_MS)])
        .reduce<readonly number[]>(combinePurchaseDays, []),
    }),
    ...(sends && {
      shown: sends.map((timeMs) => [Math.floor(timeMs / SEND_MS), ['item-1']] as const),
    }),
  }));

describe('a profile turned back to a moment', () => {
  it('holds nothing that came later', () => {
    fc.assert(
      fc.property(profiles, time, (profile, atMs) => {
        const then = profileAt(profile, atMs);
        const times = [
          ...then.recent.map(({ timeMs }) => timeMs),
          ...(then.cart ?? []),
          ...daysIn(then.purchaseDays ?? []).map((day) => day * DAY_MS),
          ...(then.shown ?? []).map(([hour]) => hour * SEND_MS),
          then.orders.lastAtMs ?? 0,
          openCartOf(then)?.changedAtMs ?? 0,
        ];
        expect(Math.max(...times)).toBeLessThanOrEqual(atMs);
      }),
    );
  });

  it('is itself at a moment after everything, and the same turned back twice', () => {
    fc.assert(
      fc.property(profiles, time, time, (profile, one, other) => {
        const latest = profileAt(profile, NOW_MS);
        expect(latest.recent).toEqual(profile.recent);
        expect(latest.orders).toEqual(profile.orders);
        expect(latest.purchaseDays).toEqual(profile.purchaseDays);
        expect(latest.shown).toEqual(profile.shown);
        expect(openCartOf(latest)).toEqual(openCartOf(profile));
        const [early, late] = [Math.min(one, other), Math.max(one, other)];
        const twice = profileAt(profileAt(profile, late), early);
        expect(twice.recent).toEqual(profileAt(profile, early).recent);
        expect(twice.shown).toEqual(profileAt(profile, early).shown);
      }),
    );
  });
});
