/** What training found out, kept beside the model as report.json. */
import * as z from 'zod';
import { beyondAccuracy } from './beyond-accuracy.ts';
import { bootstrapMean, interval, mean } from './bootstrap.ts';
import {
  type Accuracy,
  accuracy,
  type CaseScores,
  type EvaluationCase,
  judge,
  type RankingScores,
} from './evaluation.ts';
import { modelParameters } from './model.ts';
import { trial } from './tune.ts';

export const REPORT_FILE = 'report.json';
/** 2: intervals, Recall and MRR, trending, segments, coverage and novelty of what is shown. */
export const REPORT_FORMAT_VERSION = 2;

/** One ranking's figures: over all items, and over those new to the customer. */
export const rankingAccuracy = z.strictObject({ all: accuracy, fresh: accuracy });
export type RankingAccuracy = Readonly<z.infer<typeof rankingAccuracy>>;

/** Mean paired difference of NDCG between two rankings, candidate minus other. */
export const comparison = z.strictObject({ all: interval, fresh: interval });
export type Comparison = Readonly<z.infer<typeof comparison>>;

/**
 * Customers by the distinct items that they had before the split: of the cold, two at most are known; the heavy
 * have more than twenty, beyond what one order usually is.
 */
export const segmentNames = ['cold', 'warm', 'heavy'] as const;
export const COLD_ITEMS_MAX = 2;
export const WARM_ITEMS_MAX = 20;

export const segmentAccuracy = z.strictObject({
  name: z.enum(segmentNames),
  candidate: accuracy,
  popularity: accuracy,
});

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
  trending: rankingAccuracy,
  versusTrending: comparison,
  /** Of the question over all items. */
  segments: z.array(segmentAccuracy),
  beyond: z.strictObject({
    candidate: beyondAccuracy,
    popularity: beyondAccuracy,
    current: beyondAccuracy.optional(),
  }),
  /** Absent where there is no current model. */
  current: z
    .strictObject({
      id: z.string(),
      accuracy: rankingAccuracy,
      versusCurrent: comparison,
      /** Mean share of a customer's ranking that both have. */
      overlap: z.number(),
    })
    .optional(),
  coverage: z.strictObject({
    items: z.int(),
    itemsWithNeighbours: z.int(),
    itemsRecommended: z.int(),
  }),
  tuning: z.strictObject({ customers: z.int(), seed: z.int(), trials: z.array(trial) }),
});
export type EvaluationReport = Readonly<z.infer<typeof evaluationReport>>;

export function accuracyOf({ all, fresh }: CaseScores, seed: number): RankingAccuracy {
  return { all: figuresOf(all, seed), fresh: figuresOf(fresh, seed) };
}

function figuresOf(scores: RankingScores, seed: number): Accuracy {
  return {
    ndcg: mean(scores.ndcg),
    hit: mean(scores.hit),
    recall: mean(scores.recall),
    mrr: mean(scores.reciprocalRank),
    ndcgInterval: bootstrapMean(scores.ndcg, seed),
    customers: scores.ndcg.length,
  };
}

/** Figures of each segment that has a customer. */
export function segmentsOf(
  candidate: CaseScores,
  popularity: CaseScores,
  seed: number,
): EvaluationReport['segments'] {
  const bounds = { cold: [0, COLD_ITEMS_MAX], warm: [COLD_ITEMS_MAX, WARM_ITEMS_MAX] } as const;
  return segmentNames.flatMap((name) => {
    const [above, most] =
      name === 'heavy' ? [WARM_ITEMS_MAX, Number.POSITIVE_INFINITY] : bounds[name];
    const part = (scores: RankingScores) => figuresOf(partOf(scores, above, most), seed);
    const figures = { name, candidate: part(candidate.all), popularity: part(popularity.all) };
    return figures.candidate.customers === 0 ? [] : [figures];
  });
}

/** The cases whose customers had more than `above` and at most `most` items. */
function partOf(scores: RankingScores, above: number, most: number): RankingScores {
  const isIn = (_value: number, at: number) => {
    const count = scores.knownCount[at] as number;
    return count > above && count <= most;
  };
  return {
    ndcg: scores.ndcg.filter(isIn),
    hit: scores.hit.filter(isIn),
    recall: scores.recall.filter(isIn),
    reciprocalRank: scores.reciprocalRank.filter(isIn),
    knownCount: scores.knownCount.filter(isIn),
  };
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

/** A ranking that is the same for all: nothing is known of the customer. Popularity and trending are judged so. */
export function judgeConstant(
  cases: readonly EvaluationCase[],
  popular: Float32Array,
  values: Float32Array,
): CaseScores {
  return judge(cases, popular, () => values);
}

export function encodeReport(report: EvaluationReport): Uint8Array {
  return Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
}
