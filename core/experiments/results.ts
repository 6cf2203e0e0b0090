import * as z from 'zod';
import { experimentId, outcomeName, windowDays } from './experiment.ts';
import { interval } from './interval.ts';

/** Raised when a field changes its meaning. */
export const RESULTS_FORMAT_VERSION = 1;

const comparison = z.object({
  variant: z.string(),
  /** Relative to the control; absent where there are too few outcomes to say. */
  uplift: z.number().optional(),
  /** For one look. */
  fixed: interval.optional(),
  /** For any number of looks: the one to decide by. */
  sequential: interval.optional(),
  pValueSequential: z.number().optional(),
  /** The same with what customers did before taken out (CUPED), and the share of variance that is gone. */
  adjusted: z
    .object({
      uplift: z.number(),
      sequential: interval,
      pValueSequential: z.number(),
      varianceReduction: z.number(),
    })
    .optional(),
  chanceToBeat: z.number().optional(),
  /** In the outcome's own unit. */
  expectedLoss: z.number().optional(),
  /** The smallest uplift that the sequential interval would find now with a chance of 80 %. */
  detectableUplift: z.number().optional(),
  /** Until the document's minimum uplift is found with that chance; absent where it would take years. */
  daysToGo: z.number().optional(),
});
export type Comparison = z.infer<typeof comparison>;

const arm = z.object({
  variant: z.string(),
  /** Customers with a mail that is old enough, their mails (of click-to-open: opened ones), and of those the ones that count. */
  customers: z.number(),
  mails: z.number(),
  outcomes: z.number(),
  /** A share, or money in major units per mail. */
  value: z.number(),
  interval: interval.optional(),
});
export type Arm = z.infer<typeof arm>;

const outcomeResult = z.object({
  outcome: outcomeName,
  windowDays,
  isMoney: z.boolean(),
  isPrimary: z.boolean(),
  /** The control first; the hold-out last, where there is one. */
  arms: z.array(arm),
  /** Each variant beside the control. */
  comparisons: z.array(comparison),
  /** Everybody in the experiment beside the hold-out, where there is one: what came of running it at all. */
  againstHoldout: comparison.optional(),
});
export type OutcomeResult = z.infer<typeof outcomeResult>;

export const verdicts = ['mismatch', 'too early', 'undecided', 'better', 'worse'] as const;

export const experimentResults = z.object({
  formatVersion: z.literal(RESULTS_FORMAT_VERSION),
  experimentId,
  experimentVersion: z.number(),
  description: z.string().optional(),
  placement: z.string(),
  status: z.string(),
  currency: z.string().optional(),
  analysedAt: z.iso.datetime(),
  /** Mails delivered from then, and facts until then. */
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Of one comparison; with several variants each gets its part of a twentieth. */
  alpha: z.number(),
  verdict: z.enum(verdicts),
  /** Why, for people. */
  reason: z.string(),
  exposures: z.array(
    z.object({ variant: z.string(), weight: z.number(), customers: z.number(), mails: z.number() }),
  ),
  sampleRatio: z
    .object({ chiSquare: z.number(), pValue: z.number(), isMismatch: z.boolean() })
    .optional(),
  /** Customers that are in no figure, or in one with a reservation. */
  asides: z.object({
    servedOnly: z.number(),
    mixed: z.number(),
    otherCurrencyOrders: z.number(),
  }),
  outcomes: z.array(outcomeResult),
  /** The primary outcome's uplift with its sequential interval as it stood each day. */
  course: z.array(
    z.object({
      variant: z.string(),
      points: z.array(z.object({ day: z.iso.date(), uplift: z.number(), sequential: interval })),
    }),
  ),
});
export type ExperimentResults = z.infer<typeof experimentResults>;
