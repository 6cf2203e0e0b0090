import { ALPHA, type Interval } from './interval.ts';
import { normalBelow, normalQuantile } from './normal-distribution.ts';
import type { MeanEstimate } from './unit-sums.ts';

/** How much more a variant has than the control, as a share of the control's, with its standard error. */
export interface Uplift {
  readonly uplift: number;
  readonly standardError: number;
  /** Customers of both. */
  readonly customers: number;
}

/**
 * (b − a) / a with the delta method's variance
 *   σ_b² / (a² n_b) + σ_a² b² / (a⁴ n_a).
 * Undefined where the control has nothing, or neither varies. `base` is what the uplift is a share of; the control's
 * mean unless that was adjusted. Source: https://docs.growthbook.io/statistics/details (frequentist engine); Deng,
 * Knoblich, Lu, KDD 2018, section 3.
 */
export function upliftOf(
  control: MeanEstimate,
  variant: MeanEstimate,
  base = control.mean,
): Uplift | undefined {
  if (control.customers < 2 || variant.customers < 2 || base <= 0) return undefined;
  const variance =
    variant.variance / (base ** 2 * variant.customers) +
    (control.variance * variant.mean ** 2) / (base ** 4 * control.customers);
  if (!(variance > 0)) return undefined;
  return {
    uplift: (variant.mean - control.mean) / base,
    standardError: Math.sqrt(variance),
    customers: control.customers + variant.customers,
  };
}

/** The interval for one look, at a size that was fixed before; peeking breaks it. */
export function fixedInterval({ uplift, standardError }: Uplift, alpha = ALPHA): Interval {
  const half = normalQuantile(1 - alpha / 2) * standardError;
  return { lower: uplift - half, upper: uplift + half };
}

/** Two-sided, for one look. */
export function fixedPValue({ uplift, standardError }: Uplift): number {
  return 2 * normalBelow(-Math.abs(uplift / standardError));
}
