/**
 * What similar customers have:
 *
 *   score(j) = Σ over the `neighboursMax` best v of s(v)^q · x_vj,   s(v) = d_v^-b · Σ_i d_i^-c · w_i · x_vi
 *
 * over the customers v of the training data, x their weights, w the history's, d_v = Σ_i x_vi and
 * d_i = Σ_u x_ui (Aiolli, RecSys 2013: user-based, with its locality q). It keeps the training data to answer.
 * A customer of the training data finds their own row, which speaks for what they have already.
 * O(Σ of the degrees of the history's items + Σ of the neighbours' rows) an answer.
 */
import { damped, degreesOf, rowCountOf } from '../../../kernels/sparse-rows.ts';
import { groupRows } from '../group-rows.ts';
import { selectBest } from '../select-best.ts';
import { scoredAmongAll, strongest } from './item-lists.ts';
import {
  checkTrainingRows,
  type History,
  type TrainedModel,
  type TrainingRows,
} from './trained-model.ts';

export interface UserNeighboursParameters {
  /** b */
  readonly otherExponent: number;
  /** c */
  readonly itemExponent: number;
  /** q */
  readonly sharpness: number;
  readonly neighboursMax: number;
}

export function fitUserNeighbours(
  rows: TrainingRows,
  parameters: UserNeighboursParameters,
): TrainedModel {
  checkTrainingRows(rows);
  const { matrix, weights } = rows;
  const degrees = degreesOf(matrix, weights);
  const room = {
    rows,
    parameters,
    customerScale: damped(degrees.rows, parameters.otherExponent),
    itemScale: damped(degrees.columns, parameters.itemExponent),
    byItem: groupRows(matrix.columns, matrix.columnCount),
    customerOf: customersOf(rows),
    sums: new Float64Array(rowCountOf(matrix)),
    touched: new Uint32Array(rowCountOf(matrix)),
  };
  const score = (history: History, scores: Float32Array) =>
    eachNeighbour(room, history, (customer, similarity) => {
      const end = matrix.offsets[customer + 1] as number;
      for (let at = matrix.offsets[customer] as number; at < end; at++) {
        const item = matrix.columns[at] as number;
        scores[item] = (scores[item] as number) + similarity * (weights[at] as number);
      }
    });
  return {
    name: 'user-neighbours',
    sizeBytes: matrix.columns.byteLength * 4 + room.sums.byteLength * 3,
    score,
    scoreItems: scoredAmongAll(score, matrix.columnCount),
    explain: (history, item) => strongest(history, item, contributionsTo(room, history, item)),
  };
}

interface Room {
  readonly rows: TrainingRows;
  readonly parameters: UserNeighboursParameters;
  readonly customerScale: Float32Array;
  readonly itemScale: Float32Array;
  /** Per item: the places of its entries. */
  readonly byItem: ReturnType<typeof groupRows>;
  /** Per entry: its row. */
  readonly customerOf: Uint32Array;
  /** One a customer, 0 between calls. */
  readonly sums: Float64Array;
  readonly touched: Uint32Array;
}

function customersOf({ matrix }: TrainingRows): Uint32Array {
  const customers = new Uint32Array(matrix.columns.length);
  for (let row = 0; row < rowCountOf(matrix); row++) {
    customers.fill(row, matrix.offsets[row], matrix.offsets[row + 1]);
  }
  return customers;
}

function eachNeighbour(
  room: Room,
  history: History,
  take: (customer: number, similarity: number) => void,
): void {
  const { sums, touched, byItem, customerOf, rows, parameters } = room;
  let count = 0;
  for (let at = 0; at < history.items.length; at++) {
    const item = history.items[at] as number;
    const weight = (history.weights[at] as number) * (room.itemScale[item] as number);
    if (weight === 0) continue;
    const end = byItem.offsets[item + 1] as number;
    for (let place = byItem.offsets[item] as number; place < end; place++) {
      const entry = byItem.rows[place] as number;
      const customer = customerOf[entry] as number;
      const sum = sums[customer] as number;
      if (sum === 0) touched[count++] = customer;
      sums[customer] = sum + weight * (rows.weights[entry] as number);
    }
  }
  const found = touched.subarray(0, count);
  for (const customer of found) {
    sums[customer] = (sums[customer] as number) * (room.customerScale[customer] as number);
  }
  const best = selectBest(found, sums, parameters.neighboursMax);
  const greatest = sums[best[0] ?? 0] ?? 0;
  for (const customer of best) {
    take(customer, ((sums[customer] as number) / greatest) ** parameters.sharpness);
  }
  for (const customer of found) sums[customer] = 0;
}

/** For each item of the history, what the neighbours who have both say. */
function contributionsTo(room: Room, history: History, item: number): (from: number) => number {
  const { matrix } = room.rows;
  const contributions = new Map<number, number>();
  const known = new Set(history.items);
  eachNeighbour(room, history, (customer, similarity) => {
    const items = matrix.columns.subarray(matrix.offsets[customer], matrix.offsets[customer + 1]);
    if (!items.includes(item)) return;
    for (const from of items) {
      if (known.has(from)) contributions.set(from, (contributions.get(from) ?? 0) + similarity);
    }
  });
  return (from) => contributions.get(from) ?? 0;
}
