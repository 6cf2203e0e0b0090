import betaBelow from '@stdlib/stats-base-dists-beta-cdf';
import { normalBelow, normalDensity } from './normal-distribution.ts';
import type { MeanEstimate } from './unit-sums.ts';

/** What is believed of a variant beside the control, in the variant's favour and against it. */
export interface Belief {
  /** That the variant's true rate is above the control's. */
  readonly chanceToBeat: number;
  /** What is lost on average by taking the variant, in the outcome's own unit: E[max(control − variant, 0)]. */
  readonly expectedLoss: number;
}

/** A share as it was seen; counts need not be whole, see effectiveCount. */
export interface SeenShare {
  readonly share: number;
  readonly count: number;
}

/** Even of 0 and 1, and over a posterior's width, Simpson's rule is exact to 10⁻⁷ with so many steps. */
const STEPS = 400;
/** Standard deviations beyond which a posterior has nothing. */
const REACH = 10;

/**
 * Of two shares, each with the posterior Beta(1 + successes, 1 + failures), from a prior that takes every share for equally
 * likely. By the identities
 *
 *   E[max(A − B, 0)] = ∫ F_B(x) (1 − F_A(x)) dx,   P(B > A) = ∫ F_A(x) dF_B(x),
 *
 * as sums over a grid. Source of the closed form for whole counts, which tests compare with: Miller, “Formulas for
 * Bayesian A/B Testing” (2014), https://www.evanmiller.org/bayesian-ab-testing.html ; of expected loss: Stucchio,
 * “Bayesian A/B Testing at VWO” (2015).
 */
export function beliefOfShares(control: SeenShare, variant: SeenShare): Belief {
  const a = posteriorOf(control);
  const b = posteriorOf(variant);
  const from = Math.max(0, Math.min(a.mean - REACH * a.deviation, b.mean - REACH * b.deviation));
  const until = Math.min(1, Math.max(a.mean + REACH * a.deviation, b.mean + REACH * b.deviation));
  const step = (until - from) / STEPS;
  let chanceToBeat = 0;
  let loss = 0;
  let last = { a: betaBelow(from, a.alpha, a.beta), b: betaBelow(from, b.alpha, b.beta) };
  for (let at = 0; at < STEPS; at += 1) {
    const middle = { a: below(a, from + (at + 0.5) * step), b: below(b, from + (at + 0.5) * step) };
    const next = { a: below(a, from + (at + 1) * step), b: below(b, from + (at + 1) * step) };
    // The slope of F_B at the step's beginning, middle and end, of the parabola through its three values.
    const slopes = [
      4 * middle.b - 3 * last.b - next.b,
      next.b - last.b,
      last.b - 4 * middle.b + 3 * next.b,
    ] as const;
    chanceToBeat += (last.a * slopes[0] + 4 * middle.a * slopes[1] + next.a * slopes[2]) / 6;
    loss +=
      (step / 6) * (last.b * (1 - last.a) + 4 * middle.b * (1 - middle.a) + next.b * (1 - next.a));
    last = next;
  }
  // Above the grid both are 1 and nothing is added; below it both are 0.
  return { chanceToBeat: Math.min(1, Math.max(0, chanceToBeat)), expectedLoss: loss };
}

/**
 * Of two means, each with a normal posterior from a flat prior, as the central limit theorem has it for revenue.
 * The loss of N(δ, σ²): σ φ(δ/σ) − δ Φ(−δ/σ).
 */
export function beliefOfMeans(control: MeanEstimate, variant: MeanEstimate): Belief | undefined {
  if (control.customers < 2 || variant.customers < 2) return undefined;
  const deviation = Math.sqrt(
    control.variance / control.customers + variant.variance / variant.customers,
  );
  if (!(deviation > 0)) return undefined;
  const gain = variant.mean - control.mean;
  const z = gain / deviation;
  return {
    chanceToBeat: normalBelow(z),
    expectedLoss: Math.max(0, deviation * normalDensity(z) - gain * normalBelow(-z)),
  };
}

interface Posterior {
  readonly alpha: number;
  readonly beta: number;
  readonly mean: number;
  readonly deviation: number;
}

function posteriorOf({ share, count }: SeenShare): Posterior {
  const alpha = 1 + share * count;
  const beta = 1 + (1 - share) * count;
  const sum = alpha + beta;
  return {
    ...{ alpha, beta, mean: alpha / sum },
    deviation: Math.sqrt((alpha * beta) / (sum * sum * (sum + 1))),
  };
}

function below({ alpha, beta }: Posterior, x: number): number {
  return betaBelow(x, alpha, beta);
}
