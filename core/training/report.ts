/** What training found out, kept beside the model as report.json. */
import * as z from 'zod';
import { bootstrapMean, interval, mean } from './bootstrap.ts';
import { accuracy, type CaseScores, type EvaluationCase, judge } from './evaluation.ts';
import { modelParameters } from './model.ts';
import { trial } from './tune.ts';

export const REPORT_FILE = 'report.json';
export const REPORT_FORMAT_VERSION = 1;

/** One ranking's figures: over all items, and over those new to the customer. */
export const rankingAccuracy = z.strictObject({ all: accuracy, fresh: accuracy });
export type RankingAccuracy = Readonly<z.infer<typeof rankingAccuracy>>;

/** Mean paired difference of NDCG between two rankings, candidate minus other. */
export const comparison = z.strictObject({ all: interval, fresh: interval });
export type Comparison = Readonly<z.infer<typeof comparison>>;

export const evaluationReport = z.strictObject({
  formatVersion: z.literal(REPORT_FORMAT_VERSION),
  candidateId: z.string(),
  snapshotId: z.string(),
  /** The period that was held out, and of which size. */
  holdout: z.strictObject({ days: z.number(), from: z.string(), until: z.string() }),
  rankingSize: z.int(),
  parameters: modelParameters,
  candidate: rankingAccuracy,
  popularity: rankingAccuracy,
  versusPopularity: comparison,
  /** Absent where there is no current model. */
  current: z
    .strictObject({ id: z.string(), accuracy: rankingAccuracy, versusCurrent: comparison })
    .optional(),
  coverage: z.strictObject({
    items: z.int(),
    itemsWithNeighbours: z.int(),
    itemsRecommended: z.int(),
  }),
  tuning: z.strictObject({ customers: z.int(), seed: z.int(), trials: z.array(trial) }),
});
export type EvaluationReport = Readonly<z.infer<typeof evaluationReport>>;

export function accuracyOf({ all, fresh }: CaseScores): RankingAccuracy {
  const figures = ({ ndcg, hit }: CaseScores['all']) => ({
    ndcg: mean(ndcg),
    hit: mean(hit),
    customers: ndcg.length,
  });
  return { all: figures(all), fresh: figures(fresh) };
}

/** Both judged on the same cases, so that the differences are paired customer by customer. */
export function compare(candidate: CaseScores, other: CaseScores, seed: number): Comparison {
  const difference = (ours: Float64Array, theirs: Float64Array) =>
    bootstrapMean(
      ours.map((value, index) => value - (theirs[index] as number)),
      seed,
    );
  return {
    all: difference(candidate.all.ndcg, other.all.ndcg),
    fresh: difference(candidate.fresh.ndcg, other.fresh.ndcg),
  };
}

/** Popularity as a ranking: nothing is known of the customer, so popularity decides alone. */
export function judgePopularity(
  cases: readonly EvaluationCase[],
  popular: Float32Array,
): CaseScores {
  return judge(cases, popular, () => popular);
}

export function encodeReport(report: EvaluationReport): Uint8Array {
  return Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
}
