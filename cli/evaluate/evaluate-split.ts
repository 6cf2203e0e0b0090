import { chooseModel, fitChoice } from '../../core/training/holdout/choose-model.ts';
import { rowsWithItems, splitAccuracy } from '../../core/training/holdout/ranking-accuracy.ts';
import type { RecipeName } from '../../core/training/holdout/recipes.ts';
import { unweighted } from '../../core/training/holdout/tuning-part.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { readSplit } from './read-split.ts';

export interface SplitEvaluationRequest {
  readonly trainFile: string;
  readonly testFile: string;
  readonly model: RecipeName | 'best';
  /** Items of a ranking. */
  readonly size: number;
  readonly budgetS: number;
  readonly trialsMax: number;
  readonly seed: number;
  readonly threads?: number;
  readonly onProgress: (text: string) => void;
}

export type SplitEvaluation = Awaited<ReturnType<typeof evaluateSplit>>;

/** Reads both files, chooses on a part of train, fits all of train and judges on test. */
export async function evaluateSplit(request: SplitEvaluationRequest) {
  const { size, seed, trialsMax, budgetS, onProgress } = request;
  const watch = stopwatch();
  onProgress('reading');
  const { train, test, itemsOfTrain, notes } = await readSplit(request.trainFile, request.testFile);
  const readS = watch();
  const threads = openTrainingThreads(request.threads);
  try {
    const startedMs = performance.now();
    const spentTime = () =>
      budgetS === 0 ? 1 : (performance.now() - startedMs) / (budgetS * 1000);
    const input = { threads, train, size, seed, trialsMax, spentTime, onProgress };
    const choice = await chooseModel(request.model, input);
    const searchS = watch();
    onProgress('training');
    const model = await fitChoice(choice, input);
    const trainS = watch();
    const rows = rowsWithItems(test);
    const onJudged = (count: number) => onProgress(`scoring: ${count} of ${rows.length} users`);
    const weighted = unweighted(train);
    const { recall, ndcg, customers } = splitAccuracy(model, weighted, test, rows, size, onJudged);
    return {
      model: request.model,
      parts: choice.parts,
      k: size,
      recall,
      ndcg,
      users: customers,
      train: {
        users: rowsWithItems(train).length,
        items: itemsOfTrain,
        interactions: train.columns.length,
      },
      test: { users: customers, interactions: test.columns.length },
      seconds: { read: readS, search: searchS, train: trainS, score: watch() },
      peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
      modelMegabytes: Math.round(model.sizeBytes / 1e4) / 100,
      search: { seed, trials: choice.trials, judgedUsers: choice.judged },
      notes,
    };
  } finally {
    await threads.close();
  }
}

/** Seconds since the last call. */
function stopwatch(): () => number {
  let lastMs = performance.now();
  return () => {
    const nowMs = performance.now();
    const seconds = (nowMs - lastMs) / 1000;
    lastMs = nowMs;
    return Math.round(seconds * 1000) / 1000;
  };
}
