import {
  type EvaluationInput,
  evaluateCandidate,
  fitBeforeTest,
} from '../core/training/candidate.ts';
import { fitServedModel, type TrainingData } from '../core/training/fit.ts';
import { timeRange } from '../core/training/interactions.ts';
import type { Model } from '../core/training/model.ts';
import type { EvaluationReport } from '../core/training/report.ts';
import { splitByTime, type TimeSplit } from '../core/training/split.ts';

/** The parts of the data's time. @throws Error where there is too little of it, with the remedy. */
export function heldOut(data: TrainingData, holdoutDays?: number): TimeSplit {
  const range = timeRange(data.interactions);
  const outcome = range && splitByTime(range, holdoutDays);
  if (!outcome?.ok) throw new Error(outcome?.reason ?? 'no interactions');
  return outcome.split;
}

/** What the workflow's steps do one by one, without any storage: fits what was tuned, and judges it on the test period. */
export async function judgedCandidate(
  input: Pick<EvaluationInput, 'threads' | 'data' | 'split' | 'tuning' | 'current'>,
): Promise<{ readonly candidate: Model; readonly report: EvaluationReport }> {
  const { threads, data, split, tuning } = input;
  const before = fitBeforeTest(data, split);
  const candidate = await fitServedModel(threads, 'candidate', before, tuning.parameters);
  const report = await evaluateCandidate({ ...input, snapshotId: 'in-memory', candidate });
  return { candidate, report };
}
