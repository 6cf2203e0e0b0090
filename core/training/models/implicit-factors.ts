/**
 * iALS (Hu, Koren & Volinsky, ICDM 2008): items as short vectors y such that customers' vectors meet theirs where
 * there was an interaction. The items' vectors are learnt by the kernel; a customer is folded in by solving
 *
 *   (YᵀY + λI + Σ_i α w_i y_i y_iᵀ) x = Σ_i (1 + α w_i) y_i,   score(j) = x · y_j
 *
 * over the items i of the history, exactly, by Cholesky's factorisation. O(f³ + history · f² + items · f) an
 * answer for f factors, 4·f bytes an item.
 */
import { implicitFactors } from '../../../kernels/implicit-factors.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { addProducts, dot, dotAt } from './dense-scores.ts';
import { strongest } from './item-lists.ts';
import {
  checkTrainingRows,
  type History,
  type TrainedModel,
  type TrainingRows,
} from './trained-model.ts';

export interface ImplicitFactorsParameters {
  /** f, a multiple of 4. */
  readonly factorCount: number;
  /** α: how much more an interaction counts than its absence. */
  readonly confidence: number;
  /** λ */
  readonly regularization: number;
  readonly iterations: number;
}

export async function fitImplicitFactors(
  threads: TrainingThreads,
  rows: TrainingRows,
  parameters: ImplicitFactorsParameters,
  seed: number,
): Promise<TrainedModel> {
  checkTrainingRows(rows);
  const { factorCount, confidence, regularization, iterations } = parameters;
  const { columns: vectors } = await implicitFactors(threads, {
    matrix: rows.matrix,
    weights: rows.weights.map((weight) => confidence * weight),
    factorCount,
    regularization,
    iterations,
    seed,
  });
  const gram = gramOf(vectors, factorCount, regularization);
  const vectorOf = (item: number) => vectors.subarray(item * factorCount, (item + 1) * factorCount);
  const folded = (history: History) => fold(gram, history, confidence, vectorOf);
  return {
    name: 'implicit-factors',
    sizeBytes: vectors.byteLength + gram.byteLength,
    score: (history, scores) => addProducts(vectors, folded(history), scores),
    scoreItems: (history, items) => {
      const vector = folded(history);
      return Float32Array.from(items, (item) => dotAt(vectors, item * factorCount, vector));
    },
    explain: (history, item) =>
      strongest(history, item, (from) => dot(vectorOf(from), vectorOf(item))),
  };
}

/** YᵀY + λI, by rows. */
function gramOf(vectors: Float32Array, width: number, regularization: number): Float64Array {
  const gram = new Float64Array(width * width);
  for (let from = 0; from < vectors.length; from += width) {
    for (let row = 0; row < width; row++) {
      const value = vectors[from + row] as number;
      if (value === 0) continue;
      for (let column = 0; column <= row; column++) {
        const place = row * width + column;
        gram[place] = (gram[place] as number) + value * (vectors[from + column] as number);
      }
    }
  }
  for (let at = 0; at < width; at++) {
    gram[at * width + at] = (gram[at * width + at] as number) + regularization;
  }
  return gram;
}

function fold(
  gram: Float64Array,
  history: History,
  confidence: number,
  vectorOf: (item: number) => Float32Array,
): Float32Array {
  const width = Math.sqrt(gram.length);
  const matrix = gram.slice();
  const right = new Float64Array(width);
  for (let at = 0; at < history.items.length; at++) {
    const vector = vectorOf(history.items[at] as number);
    const weight = confidence * (history.weights[at] as number);
    for (let row = 0; row < width; row++) {
      const value = weight * (vector[row] as number);
      right[row] = (right[row] as number) + (vector[row] as number) + value;
      for (let column = 0; column <= row; column++) {
        const place = row * width + column;
        matrix[place] = (matrix[place] as number) + value * (vector[column] as number);
      }
    }
  }
  solveByCholesky(matrix, right);
  return Float32Array.from(right);
}

/** Solves A x = b in place for a symmetric positive definite A, of which the lower half is read. */
function solveByCholesky(matrix: Float64Array, right: Float64Array): void {
  const width = right.length;
  const at = (row: number, column: number) => matrix[row * width + column] as number;
  for (let column = 0; column < width; column++) {
    for (let row = column; row < width; row++) {
      let sum = at(row, column);
      for (let k = 0; k < column; k++) sum -= at(row, k) * at(column, k);
      matrix[row * width + column] = row === column ? Math.sqrt(sum) : sum / at(column, column);
    }
  }
  for (let row = 0; row < width; row++) {
    let sum = right[row] as number;
    for (let k = 0; k < row; k++) sum -= at(row, k) * (right[k] as number);
    right[row] = sum / at(row, row);
  }
  for (let row = width - 1; row >= 0; row--) {
    let sum = right[row] as number;
    for (let k = row + 1; k < width; k++) sum -= at(k, row) * (right[k] as number);
    right[row] = sum / at(row, row);
  }
}
