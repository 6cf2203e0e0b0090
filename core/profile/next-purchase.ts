import { daysIn, type PurchaseDays } from './purchase-days.ts';

/** Fewer days of purchase are no rhythm: two intervals at least. */
export const PREDICTION_DAYS_MIN = 3;
/** What a customer is taken for before their own rhythm shows: one interval of two months. */
export const PRIOR_INTERVAL_DAYS = 60;
const PRIOR_INTERVALS = 1;
const DAY_MS = 86_400_000;

export interface NextPurchase {
  /** Days from one purchase to the next, as expected. */
  readonly intervalDays: number;
  /** Epoch ms, midnight UTC; may lie in the past: then the customer is late. */
  readonly expectedAtMs: number;
}

/**
 * When the customer is expected to buy again, from their own intervals x_1 … x_n between days of purchase:
 *
 *   interval = (a · m + Σ x) / (a + n)        with a = 1 interval of m = 60 days known in advance
 *
 * the posterior mean of the interval when purchases are a Poisson process whose rate has a Gamma prior
 * (conjugate: shape a + 1, rate a · m; Gelman et al., Bayesian Data Analysis, 3rd ed., § 2.6). With more
 * of the customer's own intervals the prior fades. Undefined under three days of purchase.
 */
export function nextPurchaseOf(purchases: PurchaseDays | undefined): NextPurchase | undefined {
  const days = daysIn(purchases ?? []);
  const [newest, ...older] = days;
  const oldest = older.at(-1);
  if (newest === undefined || oldest === undefined) return undefined;
  if (days.length < PREDICTION_DAYS_MIN) return undefined;
  // The intervals between neighbours add up to the span from the first to the last.
  const intervalDays =
    (PRIOR_INTERVALS * PRIOR_INTERVAL_DAYS + newest - oldest) / (PRIOR_INTERVALS + older.length);
  return { intervalDays, expectedAtMs: Math.round(newest + intervalDays) * DAY_MS };
}
