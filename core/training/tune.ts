/**
 * Chooses hyper-parameters on the validation period, never looking at the test period.
 *
 * By coordinateSearch over small grids from a good start, for at most PASSES_MAX passes or TRIALS_MAX trials. It is
 * deterministic: the only randomness, which customers are judged, comes from the seed. What is maximised is
 * log NDCG(all) + log NDCG(new to the customer), so that a percent on either counts the same.
 */
import * as z from 'zod';
import { mean } from './bootstrap.ts';
import { coordinateSearch } from './coordinate-search.ts';
import { type EvaluationCase, evaluationCases, judge } from './evaluation.ts';
import { fitModel, type PreparedFit, prepareFit, type TrainingData } from './fit.ts';
import { type Model, type ModelParameters, modelParameters } from './model.ts';
import { scoreHistory } from './score.ts';
import type { TimeSplit } from './split.ts';
import type { TrainingThreads } from './training-threads.ts';

/** Where the search starts: good on shops' orders, see docs/decisions. */
export const parametersAtStart: ModelParameters = {
  userExponent: 0.75,
  sourceExponent: 0.5,
  targetExponent: 0.75,
  neighboursMax: 200,
  targetHalfLifeDays: 60,
  historyHalfLifeDays: 60,
  popularityExponent: 0.25,
  repeatBoost: 1,
};

type Tuned = Exclude<keyof ModelParameters, 'neighboursMax' | 'sourceExponent'>;

/** Values tried, in the order in which the parameters matter. The rest stays as it starts. */
const grids: readonly (readonly [Tuned, readonly number[]])[] = [
  ['repeatBoost', [0.1, 1, 4, 16]],
  ['userExponent', [0.25, 0.5, 0.75, 1]],
  ['targetExponent', [0.25, 0.5, 0.75, 0.9]],
  ['targetHalfLifeDays', [15, 30, 60, 120, 240]],
  ['popularityExponent', [0, 0.25, 0.5, 0.75]],
  ['historyHalfLifeDays', [7, 15, 30, 60, 120]],
];

const PASSES_MAX = 2;
/** Bounds the time of a run: a trial is one fit and one evaluation. */
export const TRIALS_MAX = 48;
/** Customers that a trial is judged on; the differences between trials are large against its noise. */
const TUNING_CASES_MAX = 1500;
/** Keeps the logarithm finite where nothing is hit. */
const NDCG_FLOOR = 1e-4;

export const trial = z.strictObject({
  parameters: modelParameters,
  ndcgAll: z.number(),
  ndcgFresh: z.number(),
  objective: z.number(),
});
export type Trial = Readonly<z.infer<typeof trial>>;

export interface Tuning {
  readonly parameters: ModelParameters;
  /** Every trial, in order. */
  readonly trials: readonly Trial[];
  /** Customers that the trials were judged on; with none, the start is returned untried. */
  readonly customers: number;
}

export async function tune(
  threads: TrainingThreads,
  data: TrainingData,
  split: TimeSplit,
  seed: number,
  isOutOfTime: () => boolean = () => false,
): Promise<Tuning> {
  const { validationFromS, testFromS } = split;
  const cases = evaluationCases(data, validationFromS, testFromS, seed, TUNING_CASES_MAX);
  if (cases.length === 0) return { parameters: parametersAtStart, trials: [], customers: 0 };
  const attempt = trialRunner(threads, prepareFit(data, validationFromS), cases);
  const trials: Trial[] = [];
  const { best } = await coordinateSearch({
    start: parametersAtStart,
    grids,
    attempt: async (parameters) => {
      const tried = await attempt(parameters);
      trials.push(tried);
      return tried.objective;
    },
    departureGainMin: 0,
    gainMin: 0,
    passesMax: PASSES_MAX,
    trialsMax: TRIALS_MAX,
    isOutOfTime,
  });
  return { parameters: best.parameters, trials, customers: cases.length };
}

/** Fits anew only where a parameter of the fit changed; the history's are used while scoring. */
function trialRunner(
  threads: TrainingThreads,
  prepared: PreparedFit,
  cases: readonly EvaluationCase[],
): (parameters: ModelParameters) => Promise<Trial> {
  let fitted: { readonly key: string; readonly model: Model } | undefined;
  return async (parameters) => {
    const { repeatBoost: _repeat, historyHalfLifeDays: _history, ...ofTheFit } = parameters;
    const key = JSON.stringify(ofTheFit);
    if (fitted?.key !== key) {
      fitted = { key, model: await fitModel(threads, 'trial', prepared, parameters) };
    }
    const model = { ...fitted.model, parameters };
    const scores = judge(cases, model.popular, (history) =>
      scoreHistory(model, history, model.asOfMs),
    );
    const ndcgAll = mean(scores.all.ndcg);
    const ndcgFresh = mean(scores.fresh.ndcg);
    const objective =
      Math.log(Math.max(ndcgAll, NDCG_FLOOR)) + Math.log(Math.max(ndcgFresh, NDCG_FLOOR));
    return { parameters, ndcgAll, ndcgFresh, objective };
  };
}
