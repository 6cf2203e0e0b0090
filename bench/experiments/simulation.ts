import { ALPHA } from '../../core/experiments/interval.ts';
import { fixedPValue, type Uplift, upliftOf } from '../../core/experiments/relative-uplift.ts';
import { sequentialPValue } from '../../core/experiments/sequential-interval.ts';
import {
  combinedSums,
  type MeanEstimate,
  ratioOf,
  sumsOf,
  type Unit,
  type UnitSums,
} from '../../core/experiments/unit-sums.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';

/** Customers as they come: one of them, of the control or of the variant. */
export type Customers = (random: () => number, isVariant: boolean) => Unit;

export interface Plan {
  readonly customers: Customers;
  readonly looks: number;
  /** Of each of both, between two looks. */
  readonly customersPerLook: number;
}

/** What became of an experiment that was looked at again and again. */
export interface Watched {
  /** Whether any look was significant, by the test for one look and by the one for all. */
  readonly isFixedEver: boolean;
  readonly isSequentialEver: boolean;
  /** By the same sequence about b/a − 1 with the delta method's own error, and however few outcomes. */
  readonly isDeltaMethodEver: boolean;
  /** At the last look. */
  readonly isFixedAtEnd: boolean;
  readonly isSequentialAtEnd: boolean;
  readonly last: Uplift | undefined;
}

export function watch({ customers, looks, customersPerLook }: Plan, seed: number): Watched {
  const random = seededRandom(seed);
  let [control, variant]: [UnitSums, UnitSums] = [sumsOf([]), sumsOf([])];
  let [isFixedEver, isSequentialEver, isFixedAtEnd, isSequentialAtEnd] = [
    false,
    false,
    false,
    false,
  ];
  let isDeltaMethodEver = false;
  let last: Uplift | undefined;
  const come = (isVariant: boolean) =>
    sumsOf(Array.from({ length: customersPerLook }, () => customers(random, isVariant)));
  for (let look = 0; look < looks; look += 1) {
    control = combinedSums(control, come(false));
    variant = combinedSums(variant, come(true));
    last = upliftOf(ratioOf(control), ratioOf(variant));
    isFixedAtEnd = last !== undefined && fixedPValue(last) < ALPHA;
    isSequentialAtEnd = last !== undefined && sequentialPValue(last) < ALPHA;
    isDeltaMethodEver ||= deltaMethodPValue(ratioOf(control), ratioOf(variant)) < ALPHA;
    isFixedEver ||= isFixedAtEnd;
    isSequentialEver ||= isSequentialAtEnd;
  }
  return {
    isFixedEver,
    isSequentialEver,
    isDeltaMethodEver,
    isFixedAtEnd,
    isSequentialAtEnd,
    last,
  };
}

function deltaMethodPValue(a: MeanEstimate, b: MeanEstimate): number {
  if (a.mean <= 0) return 1;
  const variance =
    b.variance / (a.mean ** 2 * b.customers) +
    (a.variance * b.mean ** 2) / (a.mean ** 4 * a.customers);
  if (!(variance > 0)) return 1;
  return sequentialPValue({
    logRatio: b.mean / a.mean - 1,
    standardError: Math.sqrt(variance),
    customers: a.customers + b.customers,
  });
}

/** One mail each, which is converted or not. */
export function converting(rate: number, uplift = 0): Customers {
  return (random, isVariant) => ({
    size: 1,
    value: random() < (isVariant ? rate * (1 + uplift) : rate) ? 1 : 0,
    before: 0,
  });
}

/** Several mails each, and of one customer they go alike. */
export function oftenMailed(rate: number): Customers {
  return (random) => {
    const size = 1 + Math.floor(random() * 4);
    const own = rate * 2 * random();
    let value = 0;
    for (let mail = 0; mail < size; mail += 1) value += random() < own ? 1 : 0;
    return { size, value, before: 0 };
  };
}

/** Revenue: most spend nothing, who does spends by a lognormal distribution. */
export function spending(rate: number): Customers {
  return (random) => ({
    size: 1,
    value: random() < rate ? Math.exp(3 + normal(random)) : 0,
    before: 0,
  });
}

/** An outcome that what was before tells, with this correlation. */
export function foretold(correlation: number): Customers {
  return (random) => {
    const before = normal(random);
    const value = 10 + correlation * before + Math.sqrt(1 - correlation ** 2) * normal(random);
    return { size: 1, value, before };
  };
}

/** Box and Muller's. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
