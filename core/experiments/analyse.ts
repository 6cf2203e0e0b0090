/** An experiment's results from its customers. Everything is told of mails whose window is over; see attribute.ts. */

import { CURRENCY_UNKNOWN, minorDigits } from '../profile/money.ts';
import { DAY_MS, type ExposedCustomer } from './attribute.ts';
import { compare, seenShare } from './compare.ts';
import { type Experiment, HOLDOUT } from './experiment.ts';
import { ALPHA } from './interval.ts';
import { normalQuantile } from './normal-distribution.ts';
import { type Question, questionsOf, unitOf } from './outcome-units.ts';
import { upliftOf } from './relative-uplift.ts';
import {
  type Arm,
  type ExperimentResults,
  type OutcomeResult,
  RESULTS_FORMAT_VERSION,
} from './results.ts';
import { sampleRatioOf } from './sample-ratio.ts';
import { sequentialInterval } from './sequential-interval.ts';
import { adjustedRatiosOf, ratioOf, sumsOf, type UnitSums } from './unit-sums.ts';
import { verdictOf } from './verdict.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** Points of the course at most: a plot has no room for more. */
const COURSE_POINTS_MAX = 60;

/** How the customers of all variants together are called. */
const ALL = 'all variants';

export interface Analysed {
  readonly experiment: Experiment;
  readonly exposed: readonly ExposedCustomer[];
  /** Customers for whom blocks were fetched and no mail came. */
  readonly servedOnly: number;
  /** Facts are known until then. */
  readonly untilMs: number;
  readonly nowMs: number;
}

export function analyse({
  experiment,
  exposed,
  servedOnly,
  untilMs,
  nowMs,
}: Analysed): ExperimentResults {
  const arms = new Map<string, ExposedCustomer[]>();
  for (const { id } of experiment.variants) arms.set(id, []);
  for (const customer of exposed) {
    const arm = arms.get(customer.variant) ?? [];
    arm.push(customer);
    arms.set(customer.variant, arm);
  }
  const startMs = Date.parse(experiment.startsAt);
  const days = Math.max(1, (untilMs - startMs) / DAY_MS);
  const alpha = ALPHA / (experiment.variants.length - 1);
  const minorPerMajor = 10 ** minorDigits(experiment.currency ?? CURRENCY_UNKNOWN);
  const outcomes = questionsOf(experiment).map((question) =>
    outcomeOf(question, { arms, experiment, untilMs, days, alpha, minorPerMajor }),
  );
  const sampleRatio = sampleRatioOf(
    experiment.variants.map(({ id }) => arms.get(id)?.length ?? 0),
    experiment.variants.map(({ weight }) => weight),
  );
  return {
    formatVersion: RESULTS_FORMAT_VERSION,
    experimentId: experiment.experimentId,
    experimentVersion: experiment.version,
    ...(experiment.description !== undefined && { description: experiment.description }),
    placement: experiment.placement,
    status: experiment.status,
    ...(experiment.currency !== undefined && { currency: experiment.currency }),
    analysedAt: new Date(nowMs).toISOString(),
    from: experiment.startsAt,
    until: new Date(untilMs).toISOString(),
    alpha,
    ...verdictOf(
      outcomes.find(({ isPrimary }) => isPrimary),
      sampleRatio,
    ),
    exposures: exposuresOf(arms, experiment),
    ...(sampleRatio !== undefined && { sampleRatio }),
    asides: {
      servedOnly,
      mixed: exposed.filter(({ isMixed }) => isMixed).length,
      otherCurrencyOrders: exposed.reduce((sum, one) => sum + one.otherCurrencyOrders, 0),
    },
    outcomes,
    course: courseOf(arms, experiment, { startMs, untilMs, alpha }),
  };
}

type Arms = ReadonlyMap<string, readonly ExposedCustomer[]>;

interface Circumstances {
  readonly arms: Arms;
  readonly experiment: Experiment;
  readonly untilMs: number;
  readonly days: number;
  readonly alpha: number;
  readonly minorPerMajor: number;
}

function outcomeOf(question: Question, circumstances: Circumstances): OutcomeResult {
  const { arms, experiment, untilMs, days, alpha, minorPerMajor } = circumstances;
  const sums = new Map(
    [...arms].map(([variant, customers]) => [variant, armSums(customers, question, untilMs)]),
  );
  const [control, ...variants] = experiment.variants.flatMap(({ id }) => {
    const found = sums.get(id);
    return found === undefined ? [] : [{ id, sums: found }];
  });
  const { isMoney } = question;
  const beside = (id: string, [base, own]: readonly [UnitSums, UnitSums], share: number) =>
    compare(id, [base, own], {
      ...{ alpha: share, isMoney, minorPerMajor, minimumUplift: experiment.minimumUplift },
      customersPerDay: (base.customers + own.customers) / days,
    });
  const comparisons = variants.map(({ id, sums: own }) =>
    beside(id, [control?.sums ?? sumsOf([]), own], alpha),
  );
  const heldOut = sums.get(HOLDOUT);
  const everybody = experiment.variants.flatMap(({ id }) => arms.get(id) ?? []);
  return {
    ...question,
    arms: [...sums].map(([variant, own]) =>
      armOf(variant, own, question.isMoney ? minorPerMajor : undefined),
    ),
    comparisons,
    ...(heldOut !== undefined && {
      againstHoldout: beside(ALL, [heldOut, armSums(everybody, question, untilMs)], ALPHA),
    }),
  };
}

function armSums(
  customers: readonly ExposedCustomer[],
  question: Question,
  untilMs: number,
): UnitSums {
  return sumsOf(customers.flatMap((customer) => unitOf(customer, question, untilMs) ?? []));
}

/** `minorPerMajor` of money alone. */
function armOf(variant: string, sums: UnitSums, minorPerMajor: number | undefined): Arm {
  const { customers, size: mails, value } = sums;
  const ratio = ratioOf(sums);
  const known = { variant, customers, mails };
  if (minorPerMajor !== undefined) {
    const half = normalQuantile(1 - ALPHA / 2) * Math.sqrt(ratio.variance / Math.max(1, customers));
    return {
      ...known,
      outcomes: ratio.outcomes,
      value: ratio.mean / minorPerMajor,
      ...(mails > 0 && {
        interval: {
          lower: (ratio.mean - half) / minorPerMajor,
          upper: (ratio.mean + half) / minorPerMajor,
        },
      }),
    };
  }
  const { share, count } = seenShare(ratio, sums);
  return {
    ...known,
    outcomes: value,
    value: share,
    ...(mails > 0 && { interval: wilsonInterval(share, count) }),
  };
}

function exposuresOf(arms: Arms, { variants }: Experiment): ExperimentResults['exposures'] {
  return [...arms].map(([variant, customers]) => ({
    variant,
    weight: variant === HOLDOUT ? 0 : (variants.find(({ id }) => id === variant)?.weight ?? 0),
    customers: customers.length,
    mails: customers.reduce((sum, { mails }) => sum + mails.length, 0),
  }));
}

/** As the primary outcome stood at the end of each day, and what was known then. */
function courseOf(
  arms: Arms,
  experiment: Experiment,
  { startMs, untilMs, alpha }: { startMs: number; untilMs: number; alpha: number },
): ExperimentResults['course'] {
  const question = questionsOf(experiment).find(({ isPrimary }) => isPrimary);
  const [control, ...variants] = experiment.variants;
  if (question === undefined || control === undefined) return [];
  const days = Math.floor((untilMs - startMs) / DAY_MS);
  const step = Math.max(1, Math.ceil(days / COURSE_POINTS_MAX));
  const looksMs: number[] = [];
  for (let day = days; day > 0; day -= step) looksMs.unshift(startMs + day * DAY_MS);
  const seen = (id: string, atMs: number) => armSums(arms.get(id) ?? [], question, atMs);
  return variants.map(({ id }) => ({
    variant: id,
    points: looksMs.flatMap((atMs) => {
      const sums = [seen(control.id, atMs), seen(id, atMs)];
      const [a, b] = adjustedRatiosOf(sums);
      const found = a && b && upliftOf(a, b);
      if (found === undefined) return [];
      const day = new Date(atMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
      return [{ day, uplift: found.uplift, sequential: sequentialInterval(found, alpha) }];
    }),
  }));
}
