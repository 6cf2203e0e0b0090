/**
 * Whether the experiments' statistics keep what they promise, by simulation: 2,000 experiments between two equal variants
 * that are stopped at the first significant look, and experiments with a true effect against the theory of power.
 * `--json` prints `{checks: [{name, value, unit, bound, ok}]}`.
 */
import {
  fixedDetectableUplift,
  POWER,
  sequentialDetectableUplift,
} from '../core/experiments/detectable-uplift.ts';
import { sampleRatioOf } from '../core/experiments/sample-ratio.ts';
import { adjustedRatiosOf, ratioOf, sumsOf } from '../core/experiments/unit-sums.ts';
import { seededRandom } from '../core/training/seeded-random.ts';
import { atLeast, atMost, type Check, printChecks, shown } from './check.ts';
import { campaignChecks } from './experiments/campaigns.ts';
import {
  type Customers,
  converting,
  foretold,
  oftenMailed,
  type Plan,
  spending,
  type Watched,
  watch,
} from './experiments/simulation.ts';

const EXPERIMENTS = 2_000;
/** A look a day for four weeks. */
const LOOKS = 28;
const CUSTOMERS_PER_LOOK = 250;
const RATE = 0.05;
const RARE_RATE = 0.01;
/** Of a share of 2,000 experiments four standard errors are at most so much. */
const CHANCE = 0.04;

const seen = (plan: Plan, seed: number): Watched[] =>
  Array.from({ length: EXPERIMENTS }, (_, at) => watch(plan, seed + at));
const share = <Item>(items: readonly Item[], is: (item: Item) => boolean) =>
  items.filter(is).length / items.length;

/** Equal variants, of which none should be found different. */
function equalVariants(name: string, customers: Customers, seed: number): Check[] {
  const plan = { customers, looks: LOOKS, customersPerLook: CUSTOMERS_PER_LOOK };
  const watched = seen(plan, seed);
  return [
    atMost(
      `A/A of ${name}: found by the sequential test at any of ${LOOKS} looks`,
      share(watched, (one) => one.isSequentialEver),
      'of 2,000',
      0.05,
    ),
    shown(
      `A/A of ${name}: found by the same with the delta method's error of the uplift, not used here`,
      share(watched, (one) => one.isDeltaMethodEver),
      'of 2,000',
    ),
    atLeast(
      `A/A of ${name}: found by the test for one look, which peeking breaks`,
      share(watched, (one) => one.isFixedEver),
      'of 2,000',
      0.1,
    ),
    ...within(
      `A/A of ${name}: the same, looked at once`,
      share(watched, (one) => one.isFixedAtEnd),
      0.05,
      0.02,
    ),
  ];
}

/** Experiments as large as the theory asks for: how many find what is there. */
function power(): Check[] {
  const customers = LOOKS * CUSTOMERS_PER_LOOK;
  const standardErrorAt = (uplift: number) => {
    const relativeVariance = (rate: number) => (1 - rate) / (rate * customers);
    return Math.sqrt(relativeVariance(RATE) + relativeVariance(RATE * (1 + uplift)));
  };
  const solve = (detectable: (standardError: number) => number) => {
    let uplift = 0.1;
    for (let round = 0; round < 50; round += 1) uplift = detectable(standardErrorAt(uplift));
    return uplift;
  };
  const both = 2 * customers;
  const once = solve((standardError) => fixedDetectableUplift({ standardError, customers: both }));
  const always = solve((standardError) =>
    sequentialDetectableUplift({ standardError, customers: both }),
  );
  const found = (uplift: number, looks: number, seed: number) =>
    seen({ customers: converting(RATE, uplift), looks, customersPerLook: customers / looks }, seed);
  const atAlways = found(always, LOOKS, 60_000);
  return [
    ...within(
      `A/B of +${percent(once)}: found by one look, in theory ${POWER}`,
      share(found(once, 1, 50_000), (one) => one.isFixedAtEnd),
      POWER,
      CHANCE,
    ),
    ...within(
      `A/B of +${percent(always)}: found by the sequential test at the last look, in theory ${POWER}`,
      share(atAlways, (one) => one.isSequentialAtEnd),
      POWER,
      CHANCE,
    ),
    atLeast(
      `A/B of +${percent(always)}: found by the sequential test at any look`,
      share(atAlways, (one) => one.isSequentialEver),
      'of 2,000',
      POWER - CHANCE,
    ),
  ];
}

/** CUPED takes out the squared correlation. */
function reduction(): Check[] {
  const correlation = 0.6;
  const random = seededRandom(77);
  const customers = foretold(correlation);
  const arms = [false, true].map((isVariant) =>
    sumsOf(Array.from({ length: 50_000 }, () => customers(random, isVariant))),
  );
  const variance = (estimates: ReturnType<typeof adjustedRatiosOf>) =>
    estimates.reduce((sum, one) => sum + one.variance, 0);
  const left = variance(adjustedRatiosOf(arms)) / variance(arms.map(ratioOf));
  return within(
    `CUPED at a correlation of ${correlation}: variance left, in theory ${1 - correlation ** 2}`,
    left,
    1 - correlation ** 2,
    0.02,
  );
}

/** A twentieth of the variant's customers lost on the way, and nobody lost. */
function sampleRatio(): Check[] {
  const random = seededRandom(99);
  const alarms = (lost: number) => {
    let count = 0;
    for (let at = 0; at < EXPERIMENTS; at += 1) {
      const counts = [0, 0];
      for (let customer = 0; customer < 20_000; customer += 1) {
        const isVariant = random() < 0.5;
        if (isVariant && random() < lost) continue;
        counts[isVariant ? 1 : 0]! += 1;
      }
      if (sampleRatioOf(counts, [0.5, 0.5])?.isMismatch === true) count += 1;
    }
    return count / EXPERIMENTS;
  };
  return [
    atMost('sample ratio: alarms where nothing is amiss', alarms(0), 'of 2,000', 0.004),
    atLeast(
      'sample ratio: alarms where a twentieth of a variant is lost',
      alarms(0.05),
      'of 2,000',
      0.5,
    ),
  ];
}

function within(name: string, value: number, middle: number, by: number): Check[] {
  return [
    {
      ...{ name, value: Number(value.toPrecision(4)), unit: 'of 1' },
      bound: `${middle} ± ${by}`,
      ok: Math.abs(value - middle) <= by,
    },
  ];
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

printChecks([
  ...equalVariants('conversions', converting(RATE), 1),
  ...equalVariants('alike mails', oftenMailed(RATE), 20_000),
  ...equalVariants('revenue', spending(RATE), 40_000),
  ...equalVariants('rare revenue', spending(RARE_RATE), 45_000),
  ...power(),
  ...reduction(),
  ...sampleRatio(),
  ...(await campaignChecks(!process.argv.includes('--json'))),
]);
