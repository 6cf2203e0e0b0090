import { ALPHA, type Interval } from './interval.ts';
import { type Uplift, upliftsWithin } from './relative-uplift.ts';

/**
 * An interval that holds at every look at once: with a probability of 1 − α the truth is inside of all of them, however
 * often and whenever anybody looks, so that stopping at the first that leaves out 0 errs in α of all cases at most.
 * The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, “Time-uniform central limit theory
 * and asymptotic confidence sequences”, Annals of Statistics 52 (2024), https://arxiv.org/abs/2103.06476, by a normal
 * mixture, in the form in which GrowthBook has it (https://docs.growthbook.io/statistics/sequential):
 *
 *   estimate ± s √( 2(Nρ²+1)/(Nρ)² · ln(√(Nρ²+1)/α) ) with s = √N · standard error
 *
 * The price is width; the interval is narrowest about the size for which ρ was tuned.
 */
export function sequentialInterval(uplift: Uplift, alpha = ALPHA): Interval {
  return upliftsWithin(uplift, sequentialHalfWidth(uplift, alpha));
}

/** The customers of two variants at which the interval is narrowest; GrowthBook's default. */
export const TUNED_FOR_CUSTOMERS = 5_000;

export function sequentialHalfWidth(
  { standardError, customers: n }: Pick<Uplift, 'standardError' | 'customers'>,
  alpha = ALPHA,
  tunedFor = TUNED_FOR_CUSTOMERS,
): number {
  const rho2 = rhoSquared(alpha, tunedFor);
  const spread = n * rho2 + 1;
  return (
    Math.sqrt(n) *
    standardError *
    Math.sqrt(((2 * spread) / (n * n * rho2)) * Math.log(Math.sqrt(spread) / alpha))
  );
}

/**
 * The p-value that holds at every look: 1 over the mixture martingale, at most 1.
 * Source: the same paper, equation 155 of version 7.
 */
export function sequentialPValue(
  { logRatio, standardError, customers: n }: Omit<Uplift, 'uplift'>,
  alpha = ALPHA,
  tunedFor = TUNED_FOR_CUSTOMERS,
): number {
  const rho2 = rhoSquared(alpha, tunedFor);
  const spread = n * rho2 + 1;
  const squares = (logRatio * logRatio * n) / (standardError * standardError);
  const log = (rho2 * squares) / (2 * spread) - Math.log(spread) / 2;
  return Math.min(1, Math.exp(-log));
}

/** Narrowest at `tunedFor`; equation 161 of version 7 of the paper. */
function rhoSquared(alpha: number, tunedFor: number): number {
  const log = -2 * Math.log(alpha);
  return (log + Math.log(log + 1)) / tunedFor;
}
