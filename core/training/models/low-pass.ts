/**
 * The ideal low-pass filter of GF-CF (Shen et al., CIKM 2021): what of a history lies in the smoothest signals
 * on the graph of items,
 *
 *   score = w · D^-½ · V F Vᵀ · D^½,   F_k = σ_k² / (σ_k² + ρ),   R̃ = D_u^-½ R D^-½ ≈ U Σ Vᵀ
 *
 * with V the `componentCount` greatest right singular vectors of the normalised matrix, σ their singular values and
 * D the items' degrees. With ρ = 0 it is the paper's filter; ρ > 0 lets less of the rougher signals pass, as ridge
 * regression of the items on each other does (EASE, Steck, WWW 2019, within the space of V). A customer is folded in by two thin products; nothing is stored per customer.
 * O(items · components) an answer, 4 · components bytes an item.
 */
import { damped, degreesOf, rowCountOf } from '../../../kernels/sparse-rows.ts';
import { truncatedSvd } from '../../../kernels/truncated-svd.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { addProducts, dot, dotAt } from './dense-scores.ts';
import { strongest } from './item-lists.ts';
import {
  checkTrainingRows,
  type History,
  type TrainedModel,
  type TrainingRows,
} from './trained-model.ts';

export interface LowPassParameters {
  readonly componentCount: number;
  /** Times that the matrix is applied in the search of the vectors; few are enough for a ranking. */
  readonly powerIterations: number;
  /** ρ ≥ 0 */
  readonly ridge: number;
}

const SIDE_EXPONENT = 0.5;

export async function fitLowPass(
  threads: TrainingThreads,
  rows: TrainingRows,
  parameters: LowPassParameters,
  seed: number,
): Promise<TrainedModel> {
  checkTrainingRows(rows);
  const { matrix, weights } = rows;
  const degrees = degreesOf(matrix, weights);
  const svd = await truncatedSvd(threads, {
    matrix,
    values: normalized(rows, degrees),
    componentCount: parameters.componentCount,
    powerIterations: parameters.powerIterations,
    seed,
  });
  const width = svd.componentCount;
  const vectors = svd.right;
  const before = damped(degrees.columns, SIDE_EXPONENT);
  const after = damped(degrees.columns, -SIDE_EXPONENT);
  const vectorOf = (item: number) => vectors.subarray(item * width, (item + 1) * width);
  const filter = svd.singularValues.map((sigma) =>
    sigma > 0 ? sigma ** 2 / (sigma ** 2 + parameters.ridge) : 0,
  );
  const folded = (history: History) => {
    const vector = new Float32Array(width);
    for (let at = 0; at < history.items.length; at++) {
      const item = history.items[at] as number;
      const weight = (history.weights[at] as number) * (before[item] as number);
      const own = vectorOf(item);
      for (let k = 0; k < width; k++)
        vector[k] = (vector[k] as number) + weight * (own[k] as number);
    }
    return vector.map((value, k) => value * (filter[k] as number));
  };
  return {
    name: 'low-pass',
    sizeBytes: vectors.byteLength + before.byteLength + after.byteLength,
    score: (history, scores) => addProducts(vectors, folded(history), scores, after),
    scoreItems: (history, items) => {
      const vector = folded(history);
      return Float32Array.from(
        items,
        (item) => dotAt(vectors, item * width, vector) * (after[item] as number),
      );
    },
    explain: (history, item) =>
      strongest(
        history,
        item,
        (from) => (before[from] as number) * dot(vectorOf(from), vectorOf(item)),
      ),
  };
}

/** x_ui · d_u^-½ · d_i^-½ */
function normalized(
  { matrix, weights }: TrainingRows,
  degrees: ReturnType<typeof degreesOf>,
): Float32Array {
  const rowScale = damped(degrees.rows, SIDE_EXPONENT);
  const columnScale = damped(degrees.columns, SIDE_EXPONENT);
  const values = new Float32Array(weights.length);
  for (let row = 0; row < rowCountOf(matrix); row++) {
    for (let at = matrix.offsets[row] as number; at < (matrix.offsets[row + 1] as number); at++) {
      const item = matrix.columns[at] as number;
      values[at] =
        (weights[at] as number) * (rowScale[row] as number) * (columnScale[item] as number);
    }
  }
  return values;
}
