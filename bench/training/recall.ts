import type { SparseRows } from '../../kernels/sparse-rows.ts';
import type { SplitRows } from './split-rows.ts';

const TOP = 20;
/**
 * Scoring every item for every customer would take longer than all fits. Every round judges others: on 1,000 of
 * Gowalla's customers the Recall of one random start differs from that of another by .0017 (its standard
 * deviation), on 6,000 and three starts by .0007.
 */
const CUSTOMERS_MAX = 2000;

/** Adds each item's score for a row of the training matrix to `scores`, which are 0. */
export type Scorer = (row: number, scores: Float64Array) => void;

/**
 * Recall@20 of what the customer hasn't had, over evenly chosen customers who have something held out; the choice
 * moves on by one with every round.
 */
export function recallOf({ train, test }: SplitRows, round: number, score: Scorer): number {
  const rows = test.flatMap((items, row) => (items.length > 0 ? [row] : []));
  const step = Math.max(1, Math.floor(rows.length / CUSTOMERS_MAX));
  const chosen = rows.filter((_, at) => at % step === round % step);
  const scores = new Float64Array(train.columnCount);
  let sum = 0;
  for (const row of chosen) {
    scores.fill(0);
    score(row, scores);
    for (const item of itemsOf(train, row)) scores[item] = Number.NEGATIVE_INFINITY;
    const wanted = test[row] ?? [];
    const best = new Set(bestOf(scores));
    sum += wanted.filter((item) => best.has(item)).length / wanted.length;
  }
  return sum / chosen.length;
}

export function itemsOf({ offsets, columns }: SparseRows, row: number): Uint32Array {
  return columns.subarray(offsets[row], offsets[row + 1]);
}

/** The indices of the highest scores. */
function bestOf(scores: Float64Array): number[] {
  const best: number[] = [];
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item] as number;
    if (best.length === TOP && score <= (scores[best[TOP - 1] as number] as number)) continue;
    let place = best.length;
    while (place > 0 && (scores[best[place - 1] as number] as number) < score) place -= 1;
    best.splice(place, 0, item);
    if (best.length > TOP) best.pop();
  }
  return best;
}

/** Σ over the row's items of what they are similar to. */
export function similarityScorer(
  train: SparseRows,
  neighbours: { offsets: Uint32Array; indices: Uint32Array; scores: Float32Array },
): Scorer {
  const { offsets, indices, scores } = neighbours;
  return (row, sums) => {
    for (const item of itemsOf(train, row)) {
      for (let at = offsets[item] as number; at < (offsets[item + 1] as number); at++) {
        const target = indices[at] as number;
        sums[target] = (sums[target] as number) + (scores[at] as number);
      }
    }
  };
}

/** Products of a row's vector with every column's. */
export function factorScorer(
  columns: Float32Array,
  width: number,
  vectorOf: (row: number) => ArrayLike<number>,
): Scorer {
  return (row, scores) => {
    const vector = vectorOf(row);
    for (let item = 0; item < scores.length; item++) {
      let sum = 0;
      for (let at = 0; at < width; at++) {
        sum += (vector[at] as number) * (columns[item * width + at] as number);
      }
      scores[item] = sum;
    }
  };
}
