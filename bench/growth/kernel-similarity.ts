import type { PreparedFit } from '../../core/training/fit.ts';
import type { ModelParameters } from '../../core/training/model.ts';
import { cooccurrence, type Neighbours } from '../../kernels/cooccurrence.ts';
import type { KernelPool } from '../../kernels/kernel-pool.ts';
import { damped, degreesOf } from '../../kernels/sparse-rows.ts';

const DAY_S = 86_400;
/** As in core/training/similarity.ts. */
const POPULARITY_FLOOR = 1e-5;

/** The time-aware similarity of core/training/similarity.ts by the kernel. */
export function kernelSimilarity(
  pool: KernelPool,
  { rows, popular, asOfS }: PreparedFit,
  parameters: ModelParameters,
): Promise<Neighbours> {
  const matrix = { offsets: rows.offsets, columns: rows.items, columnCount: popular.length };
  const degrees = degreesOf(matrix, rows.weights);
  const most = popular.reduce((max, value) => Math.max(max, value), 0);
  const targetScale = damped(degrees.columns, parameters.targetExponent).map(
    (value, item) =>
      value *
      Math.max((popular[item] as number) / most, POPULARITY_FLOOR) ** parameters.popularityExponent,
  );
  return cooccurrence(pool, {
    matrix,
    sourceWeights: rows.weights,
    targetWeights: rows.weights.map((weight, place) => {
      const ageDays = Math.max(0, asOfS - (rows.timesS[place] as number)) / DAY_S;
      return weight * 0.5 ** (ageDays / parameters.targetHalfLifeDays);
    }),
    rowScale: damped(degrees.rows, parameters.userExponent),
    sourceScale: damped(degrees.columns, parameters.sourceExponent),
    targetScale,
    neighboursMax: parameters.neighboursMax,
    keepsSelf: true,
  });
}
