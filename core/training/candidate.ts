/** The two steps between a sound snapshot and the gate, without any storage. */

import { beyondAccuracyOf, distinctItems, overlapOf } from './beyond-accuracy.ts';
import { type CaseScores, evaluationCases, judge, RANKING_SIZE } from './evaluation.ts';
import { fitServedModel, type PreparedFit, prepareFit, type TrainingData } from './fit.ts';
import { overItemsOf } from './imported-model.ts';
import type { Model, ModelParameters } from './model.ts';
import {
  accuracyOf,
  compare,
  type EvaluationReport,
  judgeConstant,
  REPORT_FORMAT_VERSION,
  segmentsOf,
} from './report.ts';
import { scoreHistory } from './score.ts';
import type { TimeSplit } from './split.ts';
import type { TrainingThreads } from './training-threads.ts';
import type { Tuning } from './tune.ts';

/** Fixed, so that a run can be repeated to the digit. */
export const TRAINING_SEED = 20_110_101;

export interface EvaluationInput {
  readonly threads: TrainingThreads;
  readonly snapshotId: string;
  readonly data: TrainingData;
  readonly split: TimeSplit;
  /** Fitted without the test period. */
  readonly candidate: Model;
  readonly tuning: Tuning;
  readonly current?: {
    readonly id: string;
    readonly parameters: ModelParameters;
    /** An imported one, which is judged as it is: nobody here can fit it anew. */
    readonly imported?: Model;
  };
}

/** Judges candidate, popularity, trending and the current model's parameters on the test period. */
export async function evaluateCandidate(input: EvaluationInput): Promise<EvaluationReport> {
  const { threads, data, split, candidate, current, tuning } = input;
  const cases = evaluationCases(data, split.testFromS, split.untilS, TRAINING_SEED);
  const judgeModel = (model: Model) =>
    judge(cases, model.popular, (history) => scoreHistory(model, history, model.asOfMs));
  const ours = judgeModel(candidate);
  const popularity = judgeConstant(cases, candidate.popular, candidate.popular);
  const trending = judgeConstant(cases, candidate.popular, candidate.trending);
  const incumbent =
    current && judgeModel(await currentModel(threads, current, fitBeforeTest(data, split)));
  const accuracies = (scores: CaseScores) => accuracyOf(scores, TRAINING_SEED);
  const beyond = ({ shown }: CaseScores) => beyondAccuracyOf(shown, cases);
  return {
    formatVersion: REPORT_FORMAT_VERSION,
    candidateId: candidate.id,
    snapshotId: input.snapshotId,
    holdout: {
      days: split.holdoutDays,
      from: isoTime(split.testFromS),
      until: isoTime(split.untilS),
    },
    rankingSize: RANKING_SIZE,
    parameters: candidate.parameters,
    candidate: accuracies(ours),
    popularity: accuracies(popularity),
    versusPopularity: compare(ours, popularity, TRAINING_SEED),
    trending: accuracies(trending),
    versusTrending: compare(ours, trending, TRAINING_SEED),
    segments: segmentsOf(ours, popularity, TRAINING_SEED),
    beyond: {
      candidate: beyond(ours),
      popularity: beyond(popularity),
      ...(incumbent && { current: beyond(incumbent) }),
    },
    ...(current &&
      incumbent && {
        current: {
          id: current.id,
          accuracy: accuracies(incumbent),
          versusCurrent: compare(ours, incumbent, TRAINING_SEED),
          overlap: overlapOf(ours.shown, incumbent.shown),
        },
      }),
    coverage: {
      items: candidate.items.length,
      itemsWithNeighbours: itemsWithNeighbours(candidate),
      itemsRecommended: distinctItems(ours.shown),
    },
    tuning: { customers: tuning.customers, seed: TRAINING_SEED, trials: [...tuning.trials] },
  };
}

async function currentModel(
  threads: TrainingThreads,
  { id, parameters, imported }: NonNullable<EvaluationInput['current']>,
  prepared: PreparedFit,
): Promise<Model> {
  return imported === undefined
    ? await fitServedModel(threads, id, prepared, parameters)
    : overItemsOf(imported, prepared);
}

/** Everything before the test period: what the candidate of the gate may know. */
export function fitBeforeTest(data: TrainingData, split: TimeSplit): PreparedFit {
  return prepareFit(data, split.testFromS);
}

/** Everything: what a published model knows. */
export function fitOnAll(data: TrainingData, split: TimeSplit): PreparedFit {
  return prepareFit(data, split.untilS);
}

function itemsWithNeighbours({ neighbours: { offsets } }: Model): number {
  let count = 0;
  for (let item = 0; item + 1 < offsets.length; item++) {
    if ((offsets[item + 1] as number) > (offsets[item] as number)) count++;
  }
  return count;
}

function isoTime(timeS: number): string {
  return new Date(timeS * 1000).toISOString();
}
