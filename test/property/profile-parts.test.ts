import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affinitiesAt, affinitiesOf, HALF_LIFE_DAYS } from '../../core/profile/affinities.ts';
import { combineStates, foldEvent, newProfile, stateOf } from '../../core/profile/fold-event.ts';
import { PREFERENCES_MAX } from '../../core/profile/preferences.ts';
import { type Profile, profile } from '../../core/profile/profile.ts';
import {
  combinePurchaseDays,
  daysIn,
  PURCHASE_DAYS_MAX,
} from '../../core/profile/purchase-days.ts';
import { combineTraits, TRAITS_MAX, type Traits, traitsOf } from '../../core/profile/traits.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { profileEvent, twoOrders } from './profile-part-arbitrary.ts';

const start = newProfile('u_k', Date.UTC(2027, 0, 1));
const DAY_MS = 86_400_000;
const runs = { numRuns: 500 };

/** Fields in one order: what is equal is equal as text, and would be stored as the same bytes. */
function textOf(value: Profile): string {
  const names = Object.keys(value).sort();
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, Reflect.get(value, name)])));
}

describe('what a profile knows', () => {
  it('is the same whatever order its events came in', () => {
    fc.assert(
      fc.property(twoOrders, ([events, others]) => {
        const [one, other] = [events, others].map((each) => each.reduce(foldEvent, start));
        for (const part of Object.keys(one ?? {})) {
          expect(Reflect.get(other ?? {}, part), part).toEqual(Reflect.get(one ?? {}, part));
        }
      }),
      runs,
    );
  });

  it('has parts that read and write as one text in any order', () => {
    fc.assert(
      fc.property(twoOrders, ([events, others]) => {
        const partsOnly = (from: typeof events) => {
          const { orders: _, ...rest } = from.reduce(foldEvent, start);
          return textOf({ ...rest, orders: start.orders });
        };
        expect(partsOnly(others)).toBe(partsOnly(events));
      }),
      runs,
    );
  });

  it('always has the form that is stored', () => {
    fc.assert(
      fc.property(fc.array(profileEvent, { maxLength: 25 }), (events) => {
        const folded = events.reduce(foldEvent, start);
        expect(profile.safeParse(folded).error).toBeUndefined();
        expect(profile.parse(JSON.parse(JSON.stringify(folded)))).toEqual(folded);
      }),
    );
  });

  it('combines in any grouping', () => {
    fc.assert(
      fc.property(fc.tuple(profileEvent, profileEvent, profileEvent), ([x, y, z]) => {
        const [a, b, c] = [stateOf(x), stateOf(y), stateOf(z)];
        expect(combineStates(combineStates(a, b), c)).toEqual(
          combineStates(a, combineStates(b, c)),
        );
        expect(combineStates(a, b)).toEqual(combineStates(b, a));
      }),
      runs,
    );
  });
});

describe('traits', () => {
  const names = Array.from({ length: TRAITS_MAX + 20 }, (_, index) => `trait${index}`);
  const statement = fc
    .record({
      name: fc.constantFrom(...names),
      value: fc.integer({ min: 0, max: 3 }),
      timeMs: fc.integer({ min: 0, max: 400 }),
      priority: fc.constantFrom(50, 100),
    })
    .map(
      ({ name, value, timeMs, priority }): Traits =>
        traitsOf(
          trackEvent('', {
            type: 'identify',
            traits: { [name]: value },
            timestamp: new Date(timeMs).toISOString(),
            sourcePriority: priority,
          }),
        ),
    );

  it('past their bound are the same in any order and any grouping, their history too', () => {
    const many = fc
      .array(statement, { minLength: TRAITS_MAX, maxLength: 3 * TRAITS_MAX })
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
          fc.integer({ min: 0, max: all.length }),
        ),
      );
    fc.assert(
      fc.property(many, ([all, shuffled, cut]) => {
        const inOrder = all.reduce(combineTraits, {});
        const [left, right] = [shuffled.slice(0, cut), shuffled.slice(cut)];
        const grouped = combineTraits(
          left.reduce(combineTraits, {}),
          right.reduce(combineTraits, {}),
        );
        expect(grouped).toEqual(inOrder);
        expect(combineTraits(grouped, grouped)).toEqual(grouped);
        const values = Object.values(grouped).flatMap(({ previous }) => (previous ? [1, 1] : [1]));
        expect(values.length).toBeLessThanOrEqual(TRAITS_MAX);
      }),
    );
  });
});

describe('affinities', () => {
  it('are the decayed sum that a reference computes event by event, to a thousandth', () => {
    const days = fc.array(fc.integer({ min: 20_000, max: 20_089 }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(days, fc.integer({ min: 20_090, max: 20_120 }), (viewed, today) => {
        const { affinities } = viewed
          .map((day) =>
            trackEvent('Product Viewed', {
              timestamp: new Date(day * DAY_MS).toISOString(),
              receivedAt: new Date(day * DAY_MS).toISOString(),
              properties: { product_id: 'mug', category: 'Kitchen' },
            }),
          )
          .reduce(foldEvent, start);
        const expected = viewed.reduce(
          (sum, day) => sum + 0.5 ** ((today - day) / HALF_LIFE_DAYS),
          0,
        );
        const [[label, affinity = 0] = []] = affinitiesAt(affinities?.c, today * DAY_MS);
        expect(label).toBe('Kitchen');
        expect(Math.abs(affinity / expected - 1)).toBeLessThan(0.001);
      }),
    );
  });

  it('stay within their bounds, whatever shops call their categories', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 30 }),
        (labels) => {
          const products = labels.map((label) => ({
            product_id: 'x',
            category: label,
            brand: label,
          }));
          const { affinities } = labels
            .map((label) =>
              trackEvent('Product Viewed', {
                properties: {
                  product_id: 'x',
                  category: label.repeat(20),
                  brand: label.repeat(20),
                },
              }),
            )
            .reduce(foldEvent, start);
          expect(Buffer.byteLength(JSON.stringify(affinities ?? {}))).toBeLessThan(2_048 * 2);
          const order = affinitiesOf(trackEvent('Order Completed', { properties: { products } }));
          expect((order?.c ?? []).length).toBeLessThanOrEqual(16);
        },
      ),
    );
  });
});

describe('bounded sets', () => {
  it('of days of purchase are the latest ones of all, in any grouping', () => {
    const day = fc.integer({ min: 20_000, max: 20_060 });
    fc.assert(
      fc.property(fc.array(day), fc.array(day, { minLength: 1 }), (some, others) => {
        const folded = (days: readonly number[]) =>
          days.map((each) => [each]).reduce<readonly number[]>(combinePurchaseDays, []);
        const both = combinePurchaseDays(folded(some), folded(others));
        const latest = [...new Set([...some, ...others])].sort((a, b) => b - a);
        expect(daysIn(both)).toEqual(latest.slice(0, PURCHASE_DAYS_MAX));
        expect(combinePurchaseDays(both, both)).toEqual(both);
      }),
    );
  });

  it('of answers are the latest ones', () => {
    const folded = Array.from({ length: 3 * PREFERENCES_MAX }, (_, index) =>
      trackEvent('Preferences Updated', {
        properties: { preferences: { [`q${index}`]: 'x'.repeat(200) } },
        timestamp: new Date(Date.UTC(2026, 0, 1) + index).toISOString(),
      }),
    ).reduce(foldEvent, start);
    const names = Object.keys(folded.preferences ?? {});
    expect(names).toHaveLength(PREFERENCES_MAX);
    expect(names).toContain(`q${3 * PREFERENCES_MAX - 1}`);
  });
});
