/**
 * iALS (Hu, Koren & Volinsky, ICDM 2008): items as short vectors y such that customers' vectors meet theirs where
 * there was an interaction. The items' vectors are learnt by the kernel; a customer is folded in by solving
 *
 *   (YᵀY + λI + Σ_i α w_i y_i y_iᵀ) x = Σ_i (1 + α w_i) y_i,   score(j) = x · y_j
 *
 * over the items i of the history, exactly. The items' vectors are kept as ỹ = L⁻¹y with YᵀY + λI = L Lᵀ, for which
 * products are the paper's y_iᵀ(YᵀY + λI)⁻¹y_j and the system is, with H the history's ỹ by rows and W = diag(α w),
 *
 *   (I + HᵀWH) x = Hᵀ(1 + αw)   or, where the history is shorter,   x = Hᵀc,  (W⁻¹ + HHᵀ) c = 1 + 1/(αw)
 *
 * O(n·m·(f + m) + items · f) an answer for f factors, n = max(history, f), m = min(history, f); 4·f bytes an item.
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
  const { columns } = await implicitFactors(threads, {
    matrix: rows.matrix,
    weights: rows.weights.map((weight) => confidence * weight),
    factorCount,
    regularization,
    iterations,
    seed,
  });
  const vectors = whitened(columns, factorCount, regularization);
  const vectorOf = (item: number) => vectors.subarray(item * factorCount, (item + 1) * factorCount);
  const folded = (history: History) => fold(history, confidence, factorCount, vectorOf);
  return {
    name: 'implicit-factors',
    sizeBytes: vectors.byteLength,
    score: (history, scores) => addProducts(vectors, folded(history), scores),
    scoreItems: (history, items) => {
      const vector = folded(history);
      return Float32Array.from(items, (item) => dotAt(vectors, item * factorCount, vector));
    },
    explain: (history, item) =>
      strongest(history, item, (from) => dot(vectorOf(from), vectorOf(item))),
  };
}

/** L⁻¹y for every row y of the vectors, with YᵀY + λI = L Lᵀ. */
function whitened(vectors: Float32Array, width: number, regularization: number): Float32Array {
  const lower = choleskyOf(gramOf(vectors, width, regularization), width);
  const out = new Float32Array(vectors.length);
  const vector = new Float64Array(width);
  for (let from = 0; from < vectors.length; from += width) {
    vector.set(vectors.subarray(from, from + width));
    solveLower(lower, vector);
    out.set(vector, from);
  }
  return out;
}

/** The lower half of YᵀY + λI, by rows. */
function gramOf(vectors: Float32Array, width: number, regularization: number): Float64Array {
  const gram = new Float64Array(width * width);
  for (let from = 0; from < vectors.length; from += width) {
    addSquare(gram, vectors.subarray(from, from + width), 1);
  }
  addToDiagonal(gram, width, () => regularization);
  return gram;
}

type VectorOf = (item: number) => Float32Array;

function fold(
  history: History,
  confidence: number,
  width: number,
  vectorOf: VectorOf,
): Float32Array {
  const weights = Float64Array.from(history.weights, (weight) => confidence * weight);
  const isShort = weights.length < width && weights.every((weight) => weight > 0);
  return isShort
    ? foldByItems(history.items, weights, width, vectorOf)
    : foldByFactors(history.items, weights, width, vectorOf);
}

/** x = Hᵀc with (W⁻¹ + HHᵀ) c = 1 + 1/(αw) */
function foldByItems(
  items: Uint32Array,
  weights: Float64Array,
  width: number,
  vectorOf: VectorOf,
): Float32Array {
  const size = items.length;
  const products = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const vector = vectorOf(items[row] as number);
    for (let column = 0; column <= row; column++) {
      products[row * size + column] = dot(vector, vectorOf(items[column] as number));
    }
  }
  addToDiagonal(products, size, (at) => 1 / (weights[at] as number));
  const factors = weights.map((weight) => 1 + 1 / weight);
  solve(choleskyOf(products, size), factors);
  return combined(items, factors, width, vectorOf);
}

/** (I + HᵀWH) x = Hᵀ(1 + αw) */
function foldByFactors(
  items: Uint32Array,
  weights: Float64Array,
  width: number,
  vectorOf: VectorOf,
): Float32Array {
  const matrix = new Float64Array(width * width);
  for (let at = 0; at < items.length; at++) {
    addSquare(matrix, vectorOf(items[at] as number), weights[at] as number);
  }
  addToDiagonal(matrix, width, () => 1);
  const factors = weights.map((weight) => 1 + weight);
  const right = Float64Array.from(combined(items, factors, width, vectorOf));
  solve(choleskyOf(matrix, width), right);
  return Float32Array.from(right);
}

/** Σ factor · vector */
function combined(
  items: Uint32Array,
  factors: Float64Array,
  width: number,
  vectorOf: VectorOf,
): Float32Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < items.length; at++) {
    const vector = vectorOf(items[at] as number);
    const factor = factors[at] as number;
    for (let k = 0; k < width; k++) sums[k] = (sums[k] as number) + factor * (vector[k] as number);
  }
  return Float32Array.from(sums);
}

/** The lower half of matrix += weight · vector vectorᵀ */
function addSquare(matrix: Float64Array, vector: Float32Array, weight: number): void {
  const width = vector.length;
  for (let row = 0; row < width; row++) {
    const value = weight * (vector[row] as number);
    if (value === 0) continue;
    const from = row * width;
    for (let column = 0; column <= row; column++) {
      matrix[from + column] =
        (matrix[from + column] as number) + value * (vector[column] as number);
    }
  }
}

function addToDiagonal(matrix: Float64Array, size: number, value: (at: number) => number): void {
  for (let at = 0; at < size; at++) {
    matrix[at * size + at] = (matrix[at * size + at] as number) + value(at);
  }
}

/** L of A = L Lᵀ in place of A, symmetric and positive definite, of which the lower half is read. */
function choleskyOf(matrix: Float64Array, size: number): Float64Array {
  for (let row = 0; row < size; row++) {
    const from = row * size;
    for (let column = 0; column <= row; column++) {
      const other = column * size;
      let sum = matrix[from + column] as number;
      for (let k = 0; k < column; k++) {
        sum -= (matrix[from + k] as number) * (matrix[other + k] as number);
      }
      matrix[from + column] =
        row === column ? Math.sqrt(sum) : sum / (matrix[other + column] as number);
    }
  }
  return matrix;
}

/** x of L Lᵀ x = b in place of b. */
function solve(lower: Float64Array, right: Float64Array): void {
  solveLower(lower, right);
  const size = right.length;
  for (let row = size - 1; row >= 0; row--) {
    const from = row * size;
    const value = (right[row] as number) / (lower[from + row] as number);
    right[row] = value;
    for (let k = 0; k < row; k++) {
      right[k] = (right[k] as number) - value * (lower[from + k] as number);
    }
  }
}

/** x of L x = b in place of b. */
function solveLower(lower: Float64Array, right: Float64Array): void {
  const size = right.length;
  for (let row = 0; row < size; row++) {
    const from = row * size;
    let sum = right[row] as number;
    for (let k = 0; k < row; k++) sum -= (lower[from + k] as number) * (right[k] as number);
    right[row] = sum / (lower[from + row] as number);
  }
}
