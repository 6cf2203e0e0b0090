/**
 * The time split: train | validation | test, in this order, so that nothing later is ever known when
 * something earlier is predicted. Hyper-parameters see train and validation only.
 */

import type { TimeRange } from './interactions.ts';
import { DAY_S } from './popularity.ts';

/** A month of orders judges a model where there is enough before it to learn from. */
export const HOLDOUT_DAYS_DEFAULT = 30;
/** Shorter data is held out by this share, so that train stays the largest part. */
const HOLDOUT_SHARE = 0.2;
const HOLDOUT_DAYS_MIN = 1;

export interface TimeSplit {
  readonly holdoutDays: number;
  /** Validation is [validationFromS, testFromS), test is [testFromS, untilS). */
  readonly validationFromS: number;
  readonly testFromS: number;
  /** After the newest interaction. */
  readonly untilS: number;
}

export type SplitOutcome =
  | { readonly ok: true; readonly split: TimeSplit }
  | { readonly ok: false; readonly reason: string };

/** Test is the last `holdoutDays` days up to the newest interaction, validation as long just before. */
export function splitByTime(range: TimeRange, holdoutDays?: number): SplitOutcome {
  const spanDays = (range.newestS - range.oldestS) / DAY_S;
  const days = holdoutDays ?? defaultHoldoutDays(spanDays);
  if (!(days > 0) || 2 * days >= spanDays) {
    return {
      ok: false,
      reason:
        `the interactions span ${spanDays.toFixed(1)} days: too few to hold out ${days} days for ` +
        'the test and as many for validation; collect more, or ask for fewer with holdoutDays',
    };
  }
  const testFromS = range.newestS - days * DAY_S;
  return {
    ok: true,
    split: {
      holdoutDays: days,
      validationFromS: testFromS - days * DAY_S,
      testFromS,
      untilS: range.newestS + 1,
    },
  };
}

function defaultHoldoutDays(spanDays: number): number {
  const share = Math.max(HOLDOUT_DAYS_MIN, Math.round(spanDays * HOLDOUT_SHARE));
  return Math.min(HOLDOUT_DAYS_DEFAULT, share);
}
