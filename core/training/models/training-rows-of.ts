import type { CustomerItems } from '../customer-items.ts';
import { DAY_S } from '../popularity.ts';
import type { TrainingRows } from './trained-model.ts';

/** The latest items of every customer as training rows; what claims to be later than `asOfS` counts as new. */
export function trainingRowsOf(
  { offsets, items, weights, timesS }: CustomerItems,
  itemCount: number,
  asOfS: number,
): TrainingRows {
  return {
    matrix: { offsets, columns: items, columnCount: itemCount },
    weights,
    agesDays: Float32Array.from(timesS, (timeS) => Math.max(0, asOfS - timeS) / DAY_S),
  };
}
