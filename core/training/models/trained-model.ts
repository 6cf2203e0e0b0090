/**
 * What every model can do. A model learns from customers × items and answers for a history, which need not
 * be one that it has learnt from: nothing is stored per customer.
 */
import { rowCountOf, type SparseRows } from '../../../kernels/sparse-rows.ts';

export type { SparseRows };

export const modelNames = [
  'similarity',
  'time-aware',
  'user-neighbours',
  'low-pass',
  'implicit-factors',
  'content',
  'trending',
  'popular',
  'blend',
] as const;
export type ModelName = (typeof modelNames)[number];

/** Customers × items; an item stands at most once in a row. */
export interface TrainingRows {
  readonly matrix: SparseRows;
  /** One an entry: how much it says, by its kind. Finite, above 0. */
  readonly weights: Float32Array;
  /** One an entry: days before the model's "now", 0 for what claims to come later; absent without times. */
  readonly agesDays?: Float32Array;
}

/** What a customer did: items by their columns, each at most once, and how much each counts. */
export interface History {
  readonly items: Uint32Array;
  readonly weights: Float32Array;
}

export interface TrainedModel {
  readonly name: ModelName;
  /** Memory that the model takes to serve. */
  readonly sizeBytes: number;
  /**
   * Adds each item's score to `scores`, one an item. Scores order the items of one customer; they are no
   * probabilities and do not compare between customers or models. What the model has nothing to say about
   * stays as it is.
   */
  score(history: History, scores: Float32Array): void;
  /** The same scores, of some items alone; models of vectors need not look at the others. */
  scoreItems(history: History, items: Uint32Array): Float32Array;
  /** The item of the history that speaks most for `item`, another before itself; undefined where none does. */
  explain(history: History, item: number): number | undefined;
}

/** Training data that no model can learn from, or that would poison one. */
export class TrainingRowsError extends Error {
  override readonly name = 'TrainingRowsError';
}

/** @throws TrainingRowsError naming what is wrong and where */
export function checkTrainingRows({ matrix, weights, agesDays }: TrainingRows): void {
  if (matrix.columnCount === 0 || rowCountOf(matrix) === 0 || matrix.columns.length === 0) {
    throw new TrainingRowsError(
      `There is nothing to learn from: ${rowCountOf(matrix)} customers, ${matrix.columnCount} items, ` +
        `${matrix.columns.length} interactions.`,
    );
  }
  for (const [name, values] of Object.entries({ weights, agesDays })) {
    if (values === undefined) continue;
    if (values.length !== matrix.columns.length) {
      throw new TrainingRowsError(
        `${name} has ${values.length} values for ${matrix.columns.length} interactions; give one each.`,
      );
    }
    const place = values.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
    if (place >= 0) {
      throw new TrainingRowsError(
        `${name}[${place}] is ${values[place]}; every value must be finite and not negative.`,
      );
    }
  }
}

export function historyOfRow({ matrix, weights }: TrainingRows, row: number): History {
  const from = matrix.offsets[row];
  const until = matrix.offsets[row + 1];
  return { items: matrix.columns.subarray(from, until), weights: weights.subarray(from, until) };
}
