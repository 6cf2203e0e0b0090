import { GrowthBook } from '@growthbook/growthbook';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, variantIdOf } from '../../core/experiments/assign.ts';
import type { Experiment } from '../../core/experiments/experiment.ts';
import { ASSIGNMENTS_MAX, combineAssignments } from '../../core/profile/assignments.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { mergeProfiles } from '../../core/profile/merge-profiles.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { heroExperiment } from '../unit/experiments/hero-experiment.ts';

const placements = ['for-you', 'popular'];
const names = ['a', 'b', 'c', 'd'];

/** Weights in hundredths, so that they make 1. */
const weights = fc
  .array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 4 })
  .map((parts) => {
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  });

const dealt = fc
  .record({
    weights,
    coverage: fc.integer({ min: 0, max: 100 }).map((share) => share / 100),
    range: fc.option(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 100 }))),
    seed: fc.string({ minLength: 1, maxLength: 20 }),
  })
  .map(({ weights: shares, coverage, range, seed }): Experiment => {
    const [from, wide] = range ?? [0, 0];
    const until = Math.min(1, (from + wide) / 100);
    const variants = shares.map((weight, at) => ({ id: names[at]!, weight, overrides: {} }));
    const namespace = range === null ? {} : { namespace: { id: 'front', from: from / 100, until } };
    return heroExperiment({ variants, coverage, seed, ...namespace });
  });

describe('a deal', () => {
  it('is the one that GrowthBook’s own SDK makes of the same document and key', () => {
    fc.assert(
      fc.property(dealt, fc.string({ minLength: 1, unit: 'grapheme' }), (one, key) => {
        const growthbook = new GrowthBook({ attributes: { id: key } });
        const { coverage, namespace, seed = one.experimentId } = one;
        const { inExperiment, variationId } = growthbook.run({
          key: one.experimentId,
          variations: [0, ...one.variants.slice(1).map((_, at) => at + 1)] as [number, number],
          weights: one.variants.map(({ weight }) => weight),
          hashVersion: 2,
          ...{ seed, coverage },
          ...(namespace && {
            filters: [
              {
                seed: namespace.id,
                hashVersion: 2,
                attribute: 'id',
                ranges: [[namespace.from, namespace.until] as [number, number]],
              },
            ],
          }),
        });
        const expected = inExperiment ? one.variants[variationId]!.id : undefined;
        expect(variantIdOf(one, key)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

const experiments = [
  heroExperiment(),
  heroExperiment({ experimentId: '2026-11-cart', placement: 'popular', holdoutShare: 0.3 }),
  heroExperiment({ experimentId: '2026-11-late', placement: 'popular', coverage: 0.5 }),
];
const startMs = Date.parse('2026-11-05T00:00:00Z');
const CUSTOMERS = 6;

/** A mail of a placement to one of the customers’ keys, or two profiles that turn out to be one customer. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('shown' as const),
    customer: fc.nat({ max: CUSTOMERS - 1 }),
    placementId: fc.constantFrom(...placements),
    atMs: fc.integer({ min: 0, max: 20 }).map((hours) => startMs + hours * 3_600_000),
  }),
  fc.record({
    kind: fc.constant('joined' as const),
    one: fc.nat({ max: CUSTOMERS - 1 }),
    other: fc.nat({ max: CUSTOMERS - 1 }),
  }),
);

/** Of each key its profile; keys that were joined have the same. */
class Shop {
  readonly #profiles = Array.from({ length: CUSTOMERS }, (_, at) =>
    newProfile(`${at % 2 === 0 ? 'u' : 'e'}_${at}`, startMs),
  );
  readonly #of = this.#profiles.map((_, at) => at);

  profile(customer: number): Profile {
    return this.#profiles[this.#of[customer]!]!;
  }

  variants(customer: number): (string | undefined)[] {
    const { profileId, assignments } = this.profile(customer);
    const nowMs = startMs + 86_400_000;
    return placements.map(
      (placementId) => assign(experiments, profileId, { placementId, nowMs, assignments })?.variant,
    );
  }

  show(customer: number, placementId: string, atMs: number): void {
    const { profileId, assignments } = this.profile(customer);
    const found = assign(experiments, profileId, { placementId, nowMs: atMs, assignments });
    if (found === undefined) return;
    const event = trackEvent('Experiment Viewed', {
      timestamp: new Date(atMs).toISOString(),
      receivedAt: new Date(atMs).toISOString(),
      properties: { experiment_id: found.experiment, variation_id: found.variant },
    });
    this.#profiles[this.#of[customer]!] = foldEvent(this.profile(customer), event);
  }

  join(one: number, other: number, isTurned: boolean): void {
    const [a, b] = isTurned ? [other, one] : [one, other];
    const merged = mergeProfiles(this.profile(a), this.profile(b));
    const [into, from] = [this.#of[one]!, this.#of[other]!];
    this.#profiles[into] = merged;
    for (const [at, of] of this.#of.entries()) if (of === from) this.#of[at] = into;
  }
}

describe('two profiles that become one customer', () => {
  it('keep what was seen first in each experiment, and move nobody who alone had seen it', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (steps, turned) => {
          const shop = new Shop();
          for (const each of steps) {
            if (each.kind === 'shown') {
              shop.show(each.customer, each.placementId, each.atMs);
              continue;
            }
            const { one, other } = each;
            const before = [shop.profile(one).assignments, shop.profile(other).assignments];
            shop.join(one, other, turned);
            const { assignments = {} } = shop.profile(one);
            for (const { experimentId: id } of experiments) {
              const seen = before.flatMap((known) =>
                known?.[id] === undefined ? [] : [known[id]],
              );
              const [earliest] = seen.toSorted((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
              expect(assignments[id]).toEqual(earliest);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('get the same variants in whatever order profiles are joined', () => {
    const shown = fc.array(
      step.filter((each) => each.kind === 'shown'),
      { maxLength: 20 },
    );
    const joins = fc.array(
      step.filter((each) => each.kind === 'joined'),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        shown,
        joins.chain((all) => fc.tuple(fc.constant(all), shuffled(all), fc.boolean())),
        (mails, [order, another, turned]) => {
          const [a, b] = [order, another].map((list, at) => {
            const shop = new Shop();
            for (const { customer, placementId, atMs } of mails)
              shop.show(customer, placementId, atMs);
            for (const { one, other } of list) shop.join(one, other, turned && at === 1);
            return Array.from({ length: CUSTOMERS }, (_, customer) => shop.variants(customer));
          });
          expect(b).toEqual(a);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('change no variant of a customer who has seen one, if the other profile had not', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 20 }),
        fc.nat({ max: CUSTOMERS - 1 }),
        (steps, fresh) => {
          const shop = new Shop();
          for (const each of steps) {
            if (each.kind === 'shown' && each.customer !== fresh) {
              shop.show(each.customer, each.placementId, each.atMs);
            }
          }
          const exposed = (fresh + 1) % CUSTOMERS;
          const known = shop.profile(exposed).assignments ?? {};
          shop.join(exposed, fresh, false);
          const { profileId, assignments } = shop.profile(exposed);
          for (const one of experiments) {
            const seen = known[one.experimentId]?.[0];
            if (seen === undefined) continue;
            const context = { placementId: one.placement, nowMs: startMs, assignments };
            expect(assign([one], profileId, context)?.variant).toBe(seen);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('what a profile remembers', () => {
  it('past its bound is the same in any order and grouping', () => {
    const entry = fc.tuple(fc.nat({ max: 60 }), fc.constantFrom('a', 'b'), fc.nat({ max: 9 }));
    fc.assert(
      fc.property(
        fc
          .array(entry, { maxLength: 120 })
          .chain((all) => fc.tuple(fc.constant(all), shuffled(all), fc.nat({ max: 120 }))),
        ([order, another, cut]) => {
          const states = (list: typeof order) =>
            list.map(([at, variant, timeMs]) => ({ [`exp-${at}`]: [variant, timeMs] as const }));
          const inOrder = states(order).reduce(combineAssignments, {});
          const grouped = combineAssignments(
            states(another.slice(cut)).reduce(combineAssignments, {}),
            states(another.slice(0, cut)).reduce(combineAssignments, {}),
          );
          expect(JSON.stringify(grouped)).toBe(JSON.stringify(inOrder));
          expect(Object.keys(grouped).length).toBeLessThanOrEqual(ASSIGNMENTS_MAX);
        },
      ),
    );
  });
});

function shuffled<Item>(all: Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
}
