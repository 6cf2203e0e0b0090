/**
 * Recall@k and NDCG@k over a split of customers × items without times, as the published tables have them: all
 * items that the customer has not in train are ranked, and figures are means over the customers with a test
 * item.
 *
 *   Recall@k = hits ÷ test items
 *   NDCG@k   = Σ_{r<k} [r-th is a test item] / log2(r + 2)  ÷  the same sum for min(k, test items) hits
 */
import { degreesOf, type SparseRows } from '../../../kernels/sparse-rows.ts';
import { historyOfRow, type TrainedModel, type TrainingRows } from '../models/trained-model.ts';
import { topItems } from '../top-items.ts';

/** Customers between two words of progress. */
const PROGRESS_EVERY = 1000;

export interface SplitAccuracy {
  readonly recall: number;
  readonly ndcg: number;
  readonly customers: number;
}

/** Rows of `test` that have an item. */
export function rowsWithItems({ offsets }: SparseRows): number[] {
  const rows: number[] = [];
  for (let row = 0; row + 1 < offsets.length; row++) {
    if ((offsets[row + 1] as number) > (offsets[row] as number)) rows.push(row);
  }
  return rows;
}

/**
 * Judges a model on the given rows of `test`; histories are the same rows of `train`. Where a model has nothing to
 * say, the items that most have fill the rest, as the fallback ladder does.
 */
export function splitAccuracy(
  model: TrainedModel,
  train: TrainingRows,
  test: SparseRows,
  rows: readonly number[],
  size: number,
  onJudged?: (count: number) => void,
): SplitAccuracy {
  const scores = new Float32Array(train.matrix.columnCount);
  const byPopularity = itemsByPopularity(train.matrix);
  let recall = 0;
  let ndcg = 0;
  for (const [at, row] of rows.entries()) {
    if (at % PROGRESS_EVERY === 0) onJudged?.(at);
    const history = historyOfRow(train, row);
    scores.fill(0);
    model.score(history, scores);
    for (const item of history.items) scores[item] = Number.NEGATIVE_INFINITY;
    const ranking = filledUp(topItems(scores, size), scores, byPopularity, size);
    const targets = test.columns.subarray(test.offsets[row], test.offsets[row + 1]);
    const judged = judgeRanking(ranking, targets, size);
    recall += judged.recall;
    ndcg += judged.ndcg;
  }
  const count = Math.max(1, rows.length);
  return { recall: recall / count, ndcg: ndcg / count, customers: rows.length };
}

function itemsByPopularity(train: SparseRows): Uint32Array {
  const { columns } = degreesOf(train);
  const items = Uint32Array.from(columns, (_, item) => item);
  return items.sort((one, other) => (columns[other] as number) - (columns[one] as number));
}

/** What the model speaks for, then the most popular of what it doesn't. */
function filledUp(
  best: Uint32Array,
  scores: Float32Array,
  byPopularity: Uint32Array,
  size: number,
): Uint32Array {
  const isSpokenFor = (item: number) => (scores[item] as number) > 0;
  if (best.length === size && best.every(isSpokenFor)) return best;
  const ranking = [...best.filter(isSpokenFor)];
  const spokenFor = new Set(ranking);
  for (const item of byPopularity) {
    if (ranking.length === size) break;
    const isKnown = scores[item] === Number.NEGATIVE_INFINITY;
    if (!isKnown && !spokenFor.has(item)) ranking.push(item);
  }
  return Uint32Array.from(ranking);
}

export function judgeRanking(
  ranking: Uint32Array,
  targets: Uint32Array,
  size: number,
): { recall: number; ndcg: number } {
  let hits = 0;
  let gained = 0;
  let ideal = 0;
  for (let rank = 0; rank < size; rank++) {
    const discount = 1 / Math.log2(rank + 2);
    if (rank < targets.length) ideal += discount;
    const item = ranking[rank];
    if (item === undefined || !targets.includes(item)) continue;
    hits += 1;
    gained += discount;
  }
  if (targets.length === 0) return { recall: 0, ndcg: 0 };
  return { recall: hits / targets.length, ndcg: gained / ideal };
}
