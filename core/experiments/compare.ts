import { type Belief, beliefOfMeans, beliefOfShares } from './chance-to-beat.ts';
import { daysToGo, sequentialDetectableUplift } from './detectable-uplift.ts';
import { fixedInterval, type Uplift, upliftOf } from './relative-uplift.ts';
import type { Comparison } from './results.ts';
import { sequentialInterval, sequentialPValue } from './sequential-interval.ts';
import { adjustedRatiosOf, type MeanEstimate, ratioOf, type UnitSums } from './unit-sums.ts';
import { effectiveCount } from './wilson-interval.ts';

/** What a comparison is made with. */
export interface ComparisonTerms {
  readonly alpha: number;
  readonly isMoney: boolean;
  /** Money is counted in minor units and told in major ones: how many make one. */
  readonly minorPerMajor: number;
  /** New customers of both a day, as far as is known. */
  readonly customersPerDay: number;
  readonly minimumUplift: number;
}

/** A variant beside the control; of what can't be said yet nothing is said. */
export function compare(
  variant: string,
  [control, sums]: readonly [control: UnitSums, variant: UnitSums],
  { alpha, isMoney, minorPerMajor, customersPerDay, minimumUplift }: ComparisonTerms,
): Comparison {
  const [a, b] = [ratioOf(control), ratioOf(sums)];
  const belief = isMoney
    ? beliefOfMeans(a, b)
    : beliefOfShares(seenShare(a, control), seenShare(b, sums));
  const found = upliftOf(a, b);
  if (found === undefined) return { variant, ...believed(belief, isMoney ? minorPerMajor : 1) };
  const days = daysToGo(found, customersPerDay, minimumUplift);
  return {
    variant,
    uplift: found.uplift,
    fixed: fixedInterval(found, alpha),
    sequential: sequentialInterval(found, alpha),
    pValueSequential: sequentialPValue(found, alpha),
    ...adjustedOf([control, sums], found, alpha),
    ...believed(belief, isMoney ? minorPerMajor : 1),
    detectableUplift: sequentialDetectableUplift(found, alpha),
    ...(days !== undefined && { daysToGo: days }),
  };
}

/** With what customers did before taken out; where nobody did anything before, it is left out. */
function adjustedOf(sums: readonly UnitSums[], plain: Uplift, alpha: number) {
  const [a, b] = adjustedRatiosOf(sums);
  const found = a && b && upliftOf(a, b);
  if (found === undefined || found.standardError >= plain.standardError) return {};
  return {
    adjusted: {
      uplift: found.uplift,
      sequential: sequentialInterval(found, alpha),
      pValueSequential: sequentialPValue(found, alpha),
      varianceReduction: 1 - (found.standardError / plain.standardError) ** 2,
    },
  };
}

function believed(belief: Belief | undefined, minorPerMajor: number) {
  if (belief === undefined) return {};
  const { chanceToBeat, expectedLoss } = belief;
  return { chanceToBeat, expectedLoss: expectedLoss / minorPerMajor };
}

/** As many independent trials as the customers' mails are worth. */
export function seenShare({ mean, variance, customers }: MeanEstimate, { size }: UnitSums) {
  return { share: mean, count: effectiveCount(mean, variance / Math.max(1, customers), size) };
}
