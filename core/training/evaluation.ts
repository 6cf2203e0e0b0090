/**
 * Leave-future-out evaluation.
 *
 * A case is a customer with interactions before the split and purchases in the period after it. The
 * ranking sees only what serving would have seen at the split: the latest entries that a profile
 * keeps. Two questions are asked of every ranking, each over the SIZE best of all items:
 *
 *   all   which items does the customer buy?        candidates: every item
 *   fresh which items buys the customer that are    candidates: every item not in the customer's
 *         new to them?                              history, targets likewise; cases with a target
 *
 *   NDCG@n = Σ_{r<n} [r-th is a target] / log2(r + 2)  ÷  the same sum for min(n, targets) hits
 *   hit@n  = 1 where any of the n is a target
 *   Recall@n = targets among the n ÷ targets
 *   MRR@n  = 1 ÷ the place of the first target, 0 where none is among the n
 *
 * Items that nobody had met before the split stay among the targets: no ranking can find them, and
 * leaving them out would flatter all. Where a model has nothing to say, popularity fills the rest, as
 * the fallback ladder does. Figures are means over customers.
 */
import * as z from 'zod';
import { interval } from './bootstrap.ts';
import { historyOf, rowsByCustomer } from './customer-items.ts';
import type { TrainingData } from './fit.ts';
import { between, type Interactions, PURCHASE } from './interactions.ts';
import type { HistoryEntry } from './model.ts';
import { latestDistinct } from './score.ts';
import { sample } from './seeded-random.ts';

/** Items of a ranking that are judged: a full email block. */
export const RANKING_SIZE = 12;
/** Customers that are judged; more narrow the interval less than they cost time. */
export const CASES_MAX = 5000;

export interface EvaluationCase {
  /** The newest entries before the split, as a profile keeps them. */
  readonly history: readonly HistoryEntry[];
  /** Every item of the customer's whole history before the split. */
  readonly known: ReadonlySet<number>;
  /** Items bought in the period. */
  readonly targets: ReadonlySet<number>;
}

/** Scores per item, higher first; equal ones are settled by popularity. */
export type Scorer = (history: readonly HistoryEntry[]) => Float32Array;

/** Per case, in the order of the cases (`fresh` only of those that have a fresh target). */
export interface CaseScores {
  readonly all: RankingScores;
  readonly fresh: RankingScores;
  /** What the rankings of `all` show. */
  readonly shown: ShownItems;
}

/** One value a case. */
export interface RankingScores {
  readonly ndcg: Float64Array;
  readonly hit: Float64Array;
  readonly recall: Float64Array;
  readonly reciprocalRank: Float64Array;
  /** Distinct items that the customer had before the split. */
  readonly knownCount: Float64Array;
}

export interface ShownItems {
  /** One ranking a case. */
  readonly rankings: readonly (readonly number[])[];
  /** How often each item is shown. */
  readonly counts: Uint32Array;
  /** Places that the scores filled; popularity, the next rung of the ladder, filled the others. */
  readonly placesByModel: number;
}

/** Means over the cases. */
export const accuracy = z.strictObject({
  ndcg: z.number(),
  hit: z.number(),
  recall: z.number(),
  mrr: z.number(),
  /** 95 % interval of the NDCG. */
  ndcgInterval: interval,
  customers: z.int().nonnegative(),
});
export type Accuracy = Readonly<z.infer<typeof accuracy>>;

/** The cases of the period [fromS, untilS); a seeded sample where there are more than `casesMax`. */
export function evaluationCases(
  data: TrainingData,
  fromS: number,
  untilS: number,
  seed: number,
  casesMax: number = CASES_MAX,
): EvaluationCase[] {
  const before = between(data.interactions, 0, fromS);
  const period = between(data.interactions, fromS, untilS);
  const rowsBefore = rowsByCustomer(before);
  const targetsOf = purchasedItems(period);
  const judged = [...targetsOf.keys()].filter((customer) => rowsBefore.of(customer).length > 0);
  const itemIds = data.items.map((item) => item.itemId);
  return sample(
    judged.sort((one, other) => one - other),
    casesMax,
    seed,
  ).map((customer) => {
    const rows = rowsBefore.of(customer);
    return {
      history: latestDistinct(historyOf(before, rows, itemIds)),
      known: new Set(Array.from(rows, (row) => before.items[row] as number)),
      targets: targetsOf.get(customer) ?? new Set(),
    };
  });
}

/** Judges one scorer. `popular` fills up and breaks ties. */
export function judge(
  cases: readonly EvaluationCase[],
  popular: Float32Array,
  score: Scorer,
): CaseScores {
  const all = emptyColumns();
  const fresh = emptyColumns();
  const rankings: number[][] = [];
  const counts = new Uint32Array(popular.length);
  let placesByModel = 0;
  for (const { history, known, targets } of cases) {
    const scores = score(history);
    const ranking = bestItems(scores, popular, new Set(), RANKING_SIZE);
    rankings.push(ranking);
    for (const item of ranking) {
      counts[item] = (counts[item] as number) + 1;
      if ((scores[item] as number) > 0) placesByModel++;
    }
    addCase(all, ranking, targets, known.size);
    const freshTargets = new Set([...targets].filter((item) => !known.has(item)));
    if (freshTargets.size === 0) continue;
    const freshRanking = bestItems(scores, popular, known, RANKING_SIZE);
    addCase(fresh, freshRanking, freshTargets, known.size);
  }
  return {
    all: columnsOf(all),
    fresh: columnsOf(fresh),
    shown: { rankings, counts, placesByModel },
  };
}

type Growing = Record<keyof RankingScores, number[]>;

function emptyColumns(): Growing {
  return { ndcg: [], hit: [], recall: [], reciprocalRank: [], knownCount: [] };
}

function addCase(
  columns: Growing,
  ranking: readonly number[],
  targets: ReadonlySet<number>,
  knownCount: number,
): void {
  const first = ranking.findIndex((item) => targets.has(item));
  const hits = ranking.filter((item) => targets.has(item)).length;
  columns.ndcg.push(ndcg(ranking, targets));
  columns.hit.push(first < 0 ? 0 : 1);
  columns.recall.push(targets.size === 0 ? 0 : hits / targets.size);
  columns.reciprocalRank.push(first < 0 ? 0 : 1 / (first + 1));
  columns.knownCount.push(knownCount);
}

function columnsOf(columns: Growing): RankingScores {
  return {
    ndcg: Float64Array.from(columns.ndcg),
    hit: Float64Array.from(columns.hit),
    recall: Float64Array.from(columns.recall),
    reciprocalRank: Float64Array.from(columns.reciprocalRank),
    knownCount: Float64Array.from(columns.knownCount),
  };
}

/** The `size` best items not in `excluded`: by score, then popularity, then index. */
export function bestItems(
  scores: Float32Array,
  popular: Float32Array,
  excluded: ReadonlySet<number>,
  size: number,
): number[] {
  const best: number[] = [];
  const isBefore = (one: number, other: number): boolean => {
    const difference = (scores[one] as number) - (scores[other] as number);
    if (difference !== 0) return difference > 0;
    return (popular[one] as number) > (popular[other] as number);
  };
  for (let item = 0; item < scores.length; item++) {
    const last = best[size - 1];
    if (last !== undefined && !isBefore(item, last)) continue;
    if (excluded.has(item)) continue;
    let place = Math.min(best.length, size - 1);
    for (; place > 0 && isBefore(item, best[place - 1] as number); place--) {
      best[place] = best[place - 1] as number;
    }
    best[place] = item;
  }
  return best;
}

/** Binary-relevance NDCG of a ranking; 0 where there is no target. */
export function ndcg(ranking: readonly number[], targets: ReadonlySet<number>): number {
  let gained = 0;
  let ideal = 0;
  for (let rank = 0; rank < RANKING_SIZE; rank++) {
    const discount = 1 / Math.log2(rank + 2);
    const item = ranking[rank];
    if (item !== undefined && targets.has(item)) gained += discount;
    if (rank < targets.size) ideal += discount;
  }
  return ideal === 0 ? 0 : gained / ideal;
}

function purchasedItems({ customers, items, kinds }: Interactions): Map<number, Set<number>> {
  const purchased = new Map<number, Set<number>>();
  for (let row = 0; row < customers.length; row++) {
    if (kinds[row] !== PURCHASE) continue;
    const customer = customers[row] as number;
    const known = purchased.get(customer) ?? new Set<number>();
    purchased.set(customer, known.add(items[row] as number));
  }
  return purchased;
}
