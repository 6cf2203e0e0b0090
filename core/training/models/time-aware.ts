/**
 * Time-aware item–item similarity, on the kernel: the formula of `../similarity.ts`, which is its plain twin,
 *
 *   s(i→j) = d_i^-b · d_j^-c · q_j^p · Σ_u d_u^-a · x_ui · x_uj · 0.5^(age_uj / H)
 *
 * The target's side alone is decayed, so that what was bought long ago still speaks for what is bought now, and q_j,
 * the recent popularity of j, keeps last season's goods down. i → i is kept: how likely the item is bought again.
 * Without times it is similarity without sharpness.
 */
import { cooccurrence, type Neighbours } from '../../../kernels/cooccurrence.ts';
import { damped, degreesOf } from '../../../kernels/sparse-rows.ts';
import type { ModelParameters } from '../model.ts';
import { popularityScale } from '../similarity.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { itemListModel } from './item-lists.ts';
import { checkTrainingRows, type TrainedModel, type TrainingRows } from './trained-model.ts';

export type TimeAwareParameters = Pick<
  ModelParameters,
  | 'userExponent'
  | 'sourceExponent'
  | 'targetExponent'
  | 'neighboursMax'
  | 'targetHalfLifeDays'
  | 'popularityExponent'
>;

/** `popular` is the decayed popularity of each item at the model's "now". */
export async function fitTimeAware(
  threads: TrainingThreads,
  rows: TrainingRows,
  popular: Float32Array,
  parameters: TimeAwareParameters,
): Promise<TrainedModel> {
  checkTrainingRows(rows);
  return itemListModel('time-aware', await timeAwareLists(threads, rows, popular, parameters));
}

export function timeAwareLists(
  threads: TrainingThreads,
  { matrix, weights, agesDays }: TrainingRows,
  popular: Float32Array,
  parameters: TimeAwareParameters,
): Promise<Neighbours> {
  const degrees = degreesOf(matrix, weights);
  const currency = popularityScale(popular, parameters.popularityExponent);
  const targetScale = damped(degrees.columns, parameters.targetExponent);
  return cooccurrence(threads, {
    matrix,
    sourceWeights: weights,
    targetWeights: weights.map((weight, at) => {
      const ageDays = agesDays?.[at] ?? 0;
      return weight * 0.5 ** (ageDays / parameters.targetHalfLifeDays);
    }),
    rowScale: damped(degrees.rows, parameters.userExponent),
    sourceScale: damped(degrees.columns, parameters.sourceExponent),
    targetScale: targetScale.map((scale, item) => scale * (currency[item] as number)),
    neighboursMax: parameters.neighboursMax,
    keepsSelf: true,
  });
}
