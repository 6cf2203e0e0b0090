import { ALPHA, type Interval } from './interval.ts';
import { normalBelow, normalQuantile } from './normal-distribution.ts';
import type { MeanEstimate } from './unit-sums.ts';

/**
 * How much more a variant has than the control, as a share of the control's: b/a − 1. Its inference goes by the
 * logarithm of the ratio, with the delta method's variance
 *
 *   σ_b² / (b² n_b) + σ_a² / (a² n_a).
 *
 * Source: Katz, Baptista, Azen, Pike, Biometrics 34 (1978) 469–474, of rates; the same for any mean. The more usual
 * variance of b/a − 1 itself leans on the control's mean in every term: where that comes out too low by chance, the
 * uplift is too high and its error too small, and of equal variants with few orders up to a quarter was found
 * different (docs/decisions, intervals).
 */
export interface Uplift {
  readonly uplift: number;
  /** ln(b / a), and its standard error. */
  readonly logRatio: number;
  readonly standardError: number;
  /** Customers of both. */
  readonly customers: number;
}

/**
 * Customers with an outcome that each of both must have. With fewer, neither the mean nor its variance is near enough to
 * what it is with many; every interval here is of the kind that needs many.
 */
export const OUTCOMES_MIN = 25;

/** Undefined where there are too few outcomes to say anything. */
export function upliftOf(control: MeanEstimate, variant: MeanEstimate): Uplift | undefined {
  if (control.outcomes < OUTCOMES_MIN || variant.outcomes < OUTCOMES_MIN) return undefined;
  if (control.mean <= 0 || variant.mean <= 0) return undefined;
  const variance = relativeVariance(control) + relativeVariance(variant);
  if (!(variance > 0)) return undefined;
  return {
    uplift: variant.mean / control.mean - 1,
    logRatio: Math.log(variant.mean / control.mean),
    standardError: Math.sqrt(variance),
    customers: control.customers + variant.customers,
  };
}

function relativeVariance({ mean, variance, customers }: MeanEstimate): number {
  return variance / (mean * mean * customers);
}

/** The interval for one look, at a size that was fixed before; peeking breaks it. */
export function fixedInterval(uplift: Uplift, alpha = ALPHA): Interval {
  return upliftsWithin(uplift, normalQuantile(1 - alpha / 2) * uplift.standardError);
}

/** Two-sided, for one look. */
export function fixedPValue({ logRatio, standardError }: Uplift): number {
  return 2 * normalBelow(-Math.abs(logRatio / standardError));
}

/** The uplifts whose logarithm is within `half` of what was seen. */
export function upliftsWithin({ logRatio }: Uplift, half: number): Interval {
  return { lower: Math.expm1(logRatio - half), upper: Math.expm1(logRatio + half) };
}
