/**
 * Item–item similarity, tuned:
 *
 *   s(i→j) = (d_i^-b · d_j^-c · Σ_u d_u^-a · x_ui · x_uj)^q
 *
 * over customers u that have both items, x their weights, d_u = Σ_i x_ui and d_i = Σ_u x_ui, for the
 * `neighboursMax` best j of each i. The exponents' roles are from Aiolli (RecSys 2013) and Verstrepen &
 * Goethals (RecSys 2014), who damp customers and items apart; q, the sharpness, is Aiolli's locality, which
 * lets the strong neighbours speak louder. It knows no time: see `time-aware.ts`.
 */
import { cooccurrence } from '../../../kernels/cooccurrence.ts';
import { damped, degreesOf } from '../../../kernels/sparse-rows.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { itemListModel, sharpened } from './item-lists.ts';
import { checkTrainingRows, type TrainedModel, type TrainingRows } from './trained-model.ts';

export interface SimilarityParameters {
  /** a */
  readonly userExponent: number;
  /** b */
  readonly sourceExponent: number;
  /** c */
  readonly targetExponent: number;
  /** q */
  readonly sharpness: number;
  readonly neighboursMax: number;
}

export async function fitItemSimilarity(
  threads: TrainingThreads,
  rows: TrainingRows,
  parameters: SimilarityParameters,
): Promise<TrainedModel> {
  checkTrainingRows(rows);
  const { matrix, weights } = rows;
  const degrees = degreesOf(matrix, weights);
  const lists = await cooccurrence(threads, {
    matrix,
    sourceWeights: weights,
    targetWeights: weights,
    rowScale: damped(degrees.rows, parameters.userExponent),
    sourceScale: damped(degrees.columns, parameters.sourceExponent),
    targetScale: damped(degrees.columns, parameters.targetExponent),
    neighboursMax: parameters.neighboursMax,
    keepsSelf: false,
  });
  return itemListModel('similarity', sharpened(lists, parameters.sharpness));
}
