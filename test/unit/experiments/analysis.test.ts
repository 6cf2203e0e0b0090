import { describe, expect, it } from 'vitest';
import { analyse } from '../../../core/experiments/analyse.ts';
import { DAY_MS, type ExposedCustomer } from '../../../core/experiments/attribute.ts';
import type { Experiment } from '../../../core/experiments/experiment.ts';
import { experimentResults } from '../../../core/experiments/results.ts';
import { resultsPage } from '../../../core/experiments/results-page.ts';
import { seededRandom } from '../../../core/training/seeded-random.ts';
import { heroExperiment } from './hero-experiment.ts';

const startMs = Date.parse('2026-11-01T00:00:00Z');
const DAYS = 40;

interface Truth {
  readonly rates: Readonly<Record<string, number>>;
  readonly customers?: number;
  /** Of customers of the last variant, whose mails are lost. */
  readonly lost?: number;
}

function customersOf({ rates, customers = 6_000, lost = 0 }: Truth): ExposedCustomer[] {
  const random = seededRandom(11);
  const names = Object.keys(rates);
  return Array.from({ length: customers }, (_, at) => {
    const variant = names[Math.floor(random() * names.length)] ?? '';
    const isLost = variant === names.at(-1) && random() < lost;
    const keen = random() < 0.3;
    const isBought = random() < (rates[variant] ?? 0) * (keen ? 2.5 : 0.4);
    const earned = { orders: isBought ? 1 : 0, revenueMinor: isBought ? 1_000 + (at % 4_000) : 0 };
    const none = { orders: 0, revenueMinor: 0 };
    const windows = { 1: none, 3: earned, 7: earned };
    const exposed: ExposedCustomer = {
      kind: 'exposed',
      variant,
      isMixed: at % 1_000 === 0,
      mails: [
        {
          atMs: startMs + random() * DAYS * DAY_MS,
          isOpened: isBought || keen,
          isClicked: isBought,
          conversions: windows,
          purchases: windows,
        },
      ],
      otherCurrencyOrders: 0,
      before: { activity: keen ? 5 : 0, revenueMinor: keen ? 4_000 : 0 },
    };
    return isLost ? [] : [exposed];
  }).flat();
}

function analysed(truth: Truth, changes: Partial<Experiment> = {}, days = DAYS) {
  return analyse({
    experiment: heroExperiment(changes),
    exposed: customersOf(truth),
    servedOnly: 12,
    untilMs: startMs + days * DAY_MS,
    nowMs: startMs + (days + 1) * DAY_MS,
  });
}

describe('results', () => {
  const better = analysed({ rates: { a: 0.1, b: 0.18 } });

  it('have their form, and say so in JSON again', () => {
    expect(experimentResults.parse(JSON.parse(JSON.stringify(better)))).toEqual(better);
  });

  it('find the better variant, on the primary outcome', () => {
    expect(better.verdict).toBe('better');
    const primary = better.outcomes.filter(({ isPrimary }) => isPrimary);
    expect(primary).toMatchObject([{ outcome: 'conversion', windowDays: 7 }]);
    const [found] = primary[0]!.comparisons;
    expect(found!.sequential!.lower).toBeGreaterThan(0);
    expect(found!.fixed!.lower).toBeGreaterThan(found!.sequential!.lower);
    expect(found!.adjusted!.varianceReduction).toBeGreaterThan(0.05);
    expect(found!.chanceToBeat).toBeGreaterThan(0.999);
    expect(found!.expectedLoss).toBeLessThan(0.001);
  });

  it('count a mail once its window is over, and not before', () => {
    const mails = (outcome: string, windowDays: number) =>
      better.outcomes
        .find((one) => one.outcome === outcome && one.windowDays === windowDays)!
        .arms.reduce((sum, arm) => sum + arm.mails, 0);
    const sent = better.exposures.reduce((sum, one) => sum + one.mails, 0);
    expect(sent).toBe(6_000);
    expect(Math.abs(mails('conversion', 7) / sent - 33 / 40)).toBeLessThan(0.02);
    expect(Math.abs(mails('conversion', 1) / sent - 39 / 40)).toBeLessThan(0.01);
    expect(mails('click-through', 7)).toBe(mails('conversion', 7));
  });

  it('tell a course that ends where the adjusted comparison stands', () => {
    const points = better.course[0]!.points;
    const primary = better.outcomes.find(({ isPrimary }) => isPrimary)!.comparisons[0]!;
    expect(points.at(-1)!.uplift).toBeCloseTo(primary.adjusted!.uplift, 12);
    expect(points.at(-1)!.sequential).toEqual(primary.adjusted!.sequential);
    expect(points.length).toBeGreaterThan(20);
  });

  it('say revenue in major units', () => {
    const revenue = better.outcomes.find(
      (one) => one.outcome === 'revenue' && one.windowDays === 7,
    )!;
    const [a, b] = revenue.arms;
    expect(a!.value).toBeGreaterThan(1);
    expect(b!.value).toBeGreaterThan(a!.value);
    expect(b!.value).toBeLessThan(10);
    expect(a!.interval!.lower).toBeLessThan(a!.value);
    const none = analysed({ rates: { a: 0.1, b: 0.1 } }, { currency: undefined });
    expect(none.outcomes.some(({ outcome }) => outcome === 'revenue')).toBe(false);
  });

  it('say of equal variants that nothing is decided, and how long it takes', () => {
    const equal = analysed({ rates: { a: 0.1, b: 0.1 } }, { minimumUplift: 0.2 });
    expect(equal.verdict).toBe('undecided');
    const [found] = equal.outcomes.find(({ isPrimary }) => isPrimary)!.comparisons;
    expect(found!.daysToGo).toBeGreaterThan(30);
    expect(found!.detectableUplift).toBeGreaterThan(0.05);
  });

  it('say “worse” where every variant is, and “too early” where there is nothing yet', () => {
    expect(analysed({ rates: { a: 0.2, b: 0.1 } }).verdict).toBe('worse');
    expect(analysed({ rates: { a: 0.2, b: 0.1 } }, {}, 1).verdict).toBe('too early');
    expect(analysed({ rates: { a: 0.2, b: 0.1 }, customers: 0 }).verdict).toBe('too early');
  });

  it('believe nothing where customers of a variant went missing', () => {
    const lost = analysed({ rates: { a: 0.1, b: 0.3 }, lost: 0.2 });
    expect(lost.verdict).toBe('mismatch');
    expect(lost.sampleRatio?.pValue).toBeLessThan(0.001);
  });

  it('keep the hold-out out of the deal, and show it', () => {
    const held = analysed({ rates: { a: 0.1, b: 0.18, holdout: 0.1 } });
    expect(held.exposures.map(({ variant }) => variant)).toEqual(['a', 'b', 'holdout']);
    expect(held.sampleRatio?.isMismatch).toBe(false);
    const primary = held.outcomes.find(({ isPrimary }) => isPrimary)!;
    expect(primary.arms).toHaveLength(3);
    expect(primary.comparisons.map(({ variant }) => variant)).toEqual(['b']);
    // Half of the customers have .10 and half .18, which is .14 beside .10.
    const { againstHoldout } = primary;
    expect(againstHoldout).toMatchObject({ variant: 'all variants' });
    expect(againstHoldout?.fixed?.lower).toBeLessThan(0.4);
    expect(againstHoldout?.fixed?.upper).toBeGreaterThan(0.4);
    expect(againstHoldout?.sequential?.lower).toBeGreaterThan(0);
    expect(resultsPage(held)).toContain('Beside the hold-out');
    expect(resultsPage(analysed({ rates: { a: 0.1, b: 0.18 } }))).not.toContain('hold-out');
  });

  it('share the level among several variants', () => {
    const variants = ['a', 'b', 'c'].map((id, at) => ({
      id,
      weight: at === 0 ? 0.34 : 0.33,
      overrides: {},
    }));
    const three = analysed({ rates: { a: 0.1, b: 0.1, c: 0.1 } }, { variants });
    expect(three.alpha).toBeCloseTo(0.025, 12);
    expect(three.course.map(({ variant }) => variant)).toEqual(['b', 'c']);
  });
});

describe('the page', () => {
  it('holds all of itself, and escapes what it tells', () => {
    const page = resultsPage(analysed({ rates: { a: 0.1, b: 0.18 } }, { description: '<b>&' }));
    expect(page).toContain('&lt;b&gt;&amp;');
    expect(page).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(page).toContain('<polygon class="band"');
    expect(page).toContain('Chance to beat');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('of an experiment that has nothing yet is whole too', () => {
    const page = resultsPage(analysed({ rates: { a: 0.1, b: 0.1 }, customers: 0 }));
    expect(page).toContain('Too early for a course');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
