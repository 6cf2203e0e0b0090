/** Popularity, the same for everybody: score(j) = Σ_u x_uj. The baseline that every model must beat. */
import { degreesOf } from '../../../kernels/sparse-rows.ts';
import { checkTrainingRows, type TrainedModel, type TrainingRows } from './trained-model.ts';

export function fitPopular(rows: TrainingRows): TrainedModel {
  checkTrainingRows(rows);
  return constantModel('popular', Float32Array.from(degreesOf(rows.matrix, rows.weights).columns));
}

/** A model that doesn't look at the history and so has no item of it to name. */
export function constantModel(name: 'popular' | 'trending', values: Float32Array): TrainedModel {
  return {
    name,
    sizeBytes: values.byteLength,
    score: (_history, scores) => {
      for (let item = 0; item < values.length; item++) {
        scores[item] = (scores[item] as number) + (values[item] as number);
      }
    },
    scoreItems: (_history, items) => Float32Array.from(items, (item) => values[item] as number),
    explain: () => undefined,
  };
}
