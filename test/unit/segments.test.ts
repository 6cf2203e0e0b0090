import { describe, expect, it } from 'vitest';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { defaultRfmBands } from '../../core/profile/rfm.ts';
import { type Segment, segment, segmentsOf } from '../../core/profile/segments.ts';
import { trackEvent } from './event-maker.ts';

const nowMs = Date.UTC(2026, 0, 12);
const moment = { nowMs, bands: defaultRfmBands };
const start = newProfile('u_u1', nowMs);
const customer = [
  trackEvent('', {
    type: 'identify',
    traits: {
      plan: 'gold',
      age: 41,
      hobbies: ['tea', 'golf'],
      consent: { sms: { marketing: true } },
    },
  }),
  trackEvent('Order Completed', {
    properties: { products: [{ product_id: 'mug', category: 'Kitchen', brand: 'Potters' }] },
  }),
  trackEvent('Preferences Updated', { properties: { preferences: { size: 'm' } } }),
  trackEvent('Email Opened'),
].reduce(foldEvent, start);

const described = (when: unknown) => ({ schemaVersion: 1, segmentId: 'some', when });
const isIn = (when: unknown, profile = customer) =>
  segmentsOf(profile, [segment.parse(described(when))], moment).length === 1;
const complaintOf = (when: unknown) =>
  segment
    .safeParse(described(when))
    .error?.issues.map(({ path, message }) => [path.join('.'), message]);

describe('a segment', () => {
  it.each([
    [{ field: 'traits.plan', is: 'gold' }, true],
    [{ field: 'traits.plan', in: ['silver', 'gold'] }, true],
    [{ field: 'traits.hobbies', is: 'golf' }, true],
    [{ field: 'traits.age', atLeast: 18, atMost: 41 }, true],
    [{ field: 'traits.age', atLeast: 42 }, false],
    [{ field: 'traits.plan', atLeast: 1 }, false],
    [{ field: 'traits.city', exists: false }, true],
    [{ field: 'preferences.size', is: 'm' }, true],
    [{ field: 'consent.sms.marketing', is: 'granted' }, true],
    [{ field: 'consent.email.marketing', is: 'unknown' }, true],
    [{ field: 'suppressed.email', is: false }, true],
    [{ field: 'affinity.category.Kitchen', atLeast: 3.9, atMost: 4 }, true],
    [{ field: 'affinity.brand.Potters', exists: true }, true],
    [{ field: 'affinity.category.Garden', atMost: 0 }, true],
    [{ field: 'orders.daysSinceLast', is: 10 }, true],
    [{ field: 'rfm.recency', is: 5 }, true],
    [{ field: 'rfm.monetary', exists: true }, false],
    [{ field: 'nextPurchase.daysUntil', exists: false }, true],
    [{ field: 'cart.state', is: 'none' }, true],
    [{ field: 'email.daysSinceOpen', atMost: 30 }, true],
    [{ field: 'email.daysSinceClick', exists: false }, true],
  ])('asks for %j: %s', (when, expected) => {
    expect(isIn(when)).toBe(expected);
  });

  it('joins conditions by all, any and not', () => {
    const gold = { field: 'traits.plan', is: 'gold' };
    const young = { field: 'traits.age', atMost: 30 };
    expect(isIn({ all: [gold, young] })).toBe(false);
    expect(isIn({ any: [gold, young] })).toBe(true);
    expect(isIn({ all: [gold, { not: young }] })).toBe(true);
    expect(isIn({ not: { any: [gold, young] } })).toBe(false);
  });

  it('holds of the moment: time alone moves a customer out', () => {
    const recent: Segment = segment.parse(described({ field: 'orders.daysSinceLast', atMost: 30 }));
    expect(segmentsOf(customer, [recent], moment)).toEqual(['some']);
    expect(segmentsOf(customer, [recent], { ...moment, nowMs: nowMs + 21 * 86_400_000 })).toEqual(
      [],
    );
  });

  it.each([
    [{ field: 'trait.plan', is: 'gold' }, 'when.field', /no such field/],
    [{ not: { all: [{ field: 'orders.total', is: 1 }] } }, 'when.not.all.0.field', /no such field/],
    [{ field: 'traits.plan' }, 'when', /exactly one of is/],
    [{ field: 'traits.plan', is: 'a', exists: true }, 'when', /exactly one of is/],
    [{ field: 'traits.plan', is: 'a', all: [] }, 'when.all', /small/i],
    [{}, 'when', /exactly one of all/],
    [{ is: 'gold', not: { field: 'orders.count', is: 1 } }, 'when', /beside a field/],
    [{ field: 'traits.plan', equals: 'gold' }, 'when', /equals/],
  ])('refuses %j, naming the place', (when, path, message) => {
    expect(complaintOf(when)).toContainEqual([path, expect.stringMatching(message)]);
  });

  it('refuses conditions nested beyond what anybody can follow', () => {
    let when: unknown = { field: 'orders.count', is: 1 };
    for (let level = 0; level < 30; level += 1) when = { not: when };
    expect(complaintOf(when)?.[0]?.[1]).toMatch(/levels/);
  });
});
