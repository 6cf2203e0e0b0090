import { describe, expect, it } from 'vitest';
import { assign, assignmentTo, rangesOf } from '../../../core/experiments/assign.ts';
import { assignmentKeyOf } from '../../../core/experiments/assignment-key.ts';
import { placeOf } from '../../../core/experiments/bucket-hash.ts';
import { experiment } from '../../../core/experiments/experiment.ts';
import { heroExperiment } from './hero-experiment.ts';

const nowMs = Date.parse('2026-11-20T00:00:00Z');
const context = { placementId: 'for-you', nowMs };
const keys = Array.from({ length: 20_000 }, (_, at) => `u_${at}`);

describe('a customer’s place', () => {
  // Source: GrowthBook's packages/sdk-js/test/cases.json, "hash", specVersion 0.5.4 and later.
  it.each([
    ['seed', 'a', 0.0505],
    ['seed', 'b', 0.2696],
    ['foo', 'ab', 0.2575],
    ['foo', 'def', 0.2019],
    ['89123klj', '8952klfjas09ujkasdf', 0.124],
    ['90850943850283058242805', '123', 0.7516],
    ['()**(%$##$%#$#', '___)((*":&', 0.0128],
  ])('under the seed %s is GrowthBook’s for %s', (seed, key, place) => {
    expect(placeOf(seed, key)).toBe(place);
  });
});

describe('the variants’ ranges', () => {
  // Source: the same, "getBucketRange".
  it.each<[string, number, number[], [number, number][]]>([
    [
      'half and half',
      1,
      [0.5, 0.5],
      [
        [0, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'half of the customers',
      0.5,
      [0.5, 0.5],
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
    ],
    [
      'nobody',
      0,
      [0.5, 0.5],
      [
        [0, 0],
        [0.5, 0.5],
      ],
    ],
    [
      'uneven weights',
      1,
      [0.4, 0.6],
      [
        [0, 0.4],
        [0.4, 1],
      ],
    ],
    [
      'a fifth of three uneven ones',
      0.2,
      [0.2, 0.3, 0.5],
      [
        [0, 0.04],
        [0.2, 0.26],
        [0.5, 0.6],
      ],
    ],
  ])('are GrowthBook’s for %s', (_, coverage, weights, expected) => {
    const found = rangesOf({ coverage, variants: weights.map((weight) => ({ weight })) });
    expect(found.length).toBe(expected.length);
    for (const [at, { from, until }] of found.entries()) {
      expect(from).toBeCloseTo(expected[at]![0], 12);
      expect(until).toBeCloseTo(expected[at]![1], 12);
    }
  });
});

describe('an assignment', () => {
  it('says the experiment, the variant and what it overrides', () => {
    const hero = heroExperiment();
    const found = keys.map((key) => assign([hero], key, context));
    const b = found.find((one) => one?.variant === 'b');
    expect(b).toEqual({
      experiment: '2026-11-hero',
      variant: 'b',
      overrides: { rules: { categoryItemsMax: 1 }, position: 2 },
    });
    expect(assignmentTo(hero, 'b')).toEqual(b);
    expect(assignmentTo(hero, 'c')).toBeUndefined();
  });

  it('deals customers by the weights, as far as the coverage goes', () => {
    const hero = heroExperiment({ coverage: 0.5 });
    const counts = { a: 0, b: 0, none: 0 };
    for (const key of keys) {
      const variant = assign([hero], key, context)?.variant;
      counts[variant === 'a' || variant === 'b' ? variant : 'none'] += 1;
    }
    for (const [count, share] of [
      [counts.a, 0.25],
      [counts.b, 0.25],
      [counts.none, 0.5],
    ] as const) {
      expect(Math.abs(count / keys.length - share)).toBeLessThan(0.01);
    }
  });

  it('stays with a raised coverage', () => {
    const half = heroExperiment({ coverage: 0.5 });
    const whole = heroExperiment({ coverage: 1 });
    for (const key of keys.slice(0, 2_000)) {
      const before = assign([half], key, context);
      if (before !== undefined) expect(assign([whole], key, context)).toEqual(before);
    }
  });

  it('is none of a draft, of a stopped one, elsewhere, too early or too late', () => {
    const ended = heroExperiment({ endsAt: '2026-11-19T00:00:00Z' });
    for (const [one, asked] of [
      [heroExperiment({ status: 'draft' }), context],
      [heroExperiment({ status: 'stopped', endsAt: '2026-12-01T00:00:00Z' }), context],
      [heroExperiment(), { ...context, placementId: 'popular' }],
      [heroExperiment(), { ...context, nowMs: Date.parse('2026-10-31T23:59:59Z') }],
      [ended, context],
    ] as const) {
      expect(keys.slice(0, 50).every((key) => assign([one], key, asked) === undefined)).toBe(true);
    }
  });

  it('of two experiments of one namespace is never of both', () => {
    const first = heroExperiment({ namespace: { id: 'front', from: 0, until: 0.5 } });
    const second = heroExperiment({
      experimentId: '2026-11-second',
      placement: 'popular',
      namespace: { id: 'front', from: 0.5, until: 1 },
    });
    let count = 0;
    for (const key of keys.slice(0, 2_000)) {
      const one = assign([first, second], key, context);
      const other = assign([first, second], key, { ...context, placementId: 'popular' });
      expect((one === undefined) !== (other === undefined)).toBe(true);
      count += one === undefined ? 0 : 1;
    }
    expect(Math.abs(count / 2_000 - 0.5)).toBeLessThan(0.04);
  });

  it('holds the same customers out of every experiment', () => {
    const first = heroExperiment({ holdoutShare: 0.1 });
    const second = heroExperiment({
      experimentId: '2026-12-cart',
      placement: 'popular',
      holdoutShare: 0.1,
    });
    const heldOut = keys.filter((key) => assign([first], key, context)?.variant === 'holdout');
    expect(Math.abs(heldOut.length / keys.length - 0.1)).toBeLessThan(0.01);
    for (const key of heldOut) {
      const other = assign([second], key, { ...context, placementId: 'popular' });
      expect(other).toEqual({ experiment: '2026-12-cart', variant: 'holdout', overrides: {} });
    }
  });

  it('stays what the profile remembers, whatever became of weights, range and coverage', () => {
    const narrow = heroExperiment({ coverage: 0, holdoutShare: 0.5 });
    const assignments = { '2026-11-hero': ['b', 1] as const };
    for (const key of keys.slice(0, 100)) {
      expect(assign([narrow], key, { ...context, assignments })?.variant).toBe('b');
    }
    const gone = { '2026-11-hero': ['c', 1] as const };
    expect(assign([heroExperiment()], 'u_1', { ...context, assignments: gone })).toBeUndefined();
  });

  it('is dealt by the key of the profile that a customer has, or will found', () => {
    expect(assignmentKeyOf({ profileId: 'u_k' }, ['email#e'])).toBe('u_k');
    expect(assignmentKeyOf(undefined, ['email#e', 'userId#k'])).toBe('e_e');
    expect(assignmentKeyOf(undefined, [])).toBeUndefined();
  });
});

describe('a document', () => {
  const base = { ...heroExperiment() };
  it.each<[string, object, string]>([
    ['a misspelt key', { ...base, coverge: 1 }, 'coverge'],
    ['a form of another version', { ...base, schemaVersion: 2 }, 'schemaVersion'],
    ['one variant', { ...base, variants: base.variants.slice(1) }, 'variants'],
    [
      'weights that make no whole',
      { ...base, variants: [base.variants[0], { id: 'b', weight: 0.4 }] },
      'variants',
    ],
    ['a variant twice', { ...base, variants: [base.variants[0], base.variants[0]] }, 'variants'],
    [
      'a variant called holdout',
      { ...base, variants: [base.variants[0], { id: 'holdout', weight: 0.5 }] },
      'holdout',
    ],
    [
      'an empty range',
      { ...base, namespace: { id: 'n', from: 0.5, until: 0.5 } },
      'namespace.until',
    ],
    ['no end though it is stopped', { ...base, status: 'stopped' }, 'endsAt'],
    ['an end before its start', { ...base, endsAt: '2026-10-01T00:00:00Z' }, 'endsAt'],
    ['too many days', { ...base, endsAt: '2027-10-01T00:00:00Z' }, 'endsAt'],
    [
      'a window that it doesn’t have',
      { ...base, attribution: { windowsDays: [1], primaryWindowDays: 7 } },
      'attribution.primaryWindowDays',
    ],
    [
      'revenue of no currency',
      { ...base, primaryOutcome: 'revenue', currency: undefined },
      'currency',
    ],
    [
      'a ladder that can end empty',
      {
        ...base,
        variants: [
          base.variants[0],
          { id: 'b', weight: 0.5, overrides: { ladder: [{ kind: 'popular' }] } },
        ],
      },
      'variants.1.overrides.ladder',
    ],
  ])('with %s is refused, by its field', (_, document, field) => {
    const issues = experiment.safeParse(document).error?.issues ?? [];
    const said = issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n');
    expect(said).toContain(field);
  });

  it('has defaults', () => {
    expect(
      experiment.parse({
        schemaVersion: 1,
        experimentId: 'x',
        version: 1,
        status: 'draft',
        placement: 'for-you',
        variants: [
          { id: 'a', weight: 0.5 },
          { id: 'b', weight: 0.5 },
        ],
        startsAt: '2026-11-01T00:00:00Z',
        primaryOutcome: 'conversion',
      }),
    ).toMatchObject({
      coverage: 1,
      holdoutShare: 0,
      attribution: { windowsDays: [1, 3, 7], primaryWindowDays: 7 },
    });
  });
});
