/** What trials for data without times learn from and are judged on: train and validation out of train, bounded. */
import { degreesOf, rowCountOf } from '../../../kernels/sparse-rows.ts';
import type { SparseRows, TrainingRows } from '../models/trained-model.ts';
import { sample } from '../seeded-random.ts';
import { carveValidation } from './carve-validation.ts';
import { rowsWithItems } from './ranking-accuracy.ts';

/** Customers that a trial is judged on; more narrow its noise less than they cost time. */
const JUDGED_MAX = 2000;
/**
 * Pairs of items of one customer, Σ n_u², that a trial may go through: two or three seconds of a core. Larger
 * data is tuned on a seeded sample of its customers, and fitted as a whole afterwards.
 */
const PAIRS_MAX = 2e9;

export interface TuningPart {
  readonly train: TrainingRows;
  readonly validation: SparseRows;
  /** Rows of `validation` that are judged. */
  readonly judged: readonly number[];
  /** Of all of train: Σ over items of their customers squared, what looking up everybody's neighbours visits. */
  readonly visits: number;
}

export function tuningPart(rows: SparseRows, seed: number): TuningPart {
  const { train, validation } = carveValidation(boundedRows(rows, seed), seed);
  return {
    train: unweighted(train),
    validation,
    judged: sample(rowsWithItems(validation), JUDGED_MAX, seed),
    visits: degreesOf(rows).columns.reduce((sum, degree) => sum + degree * degree, 0),
  };
}

export function unweighted(matrix: SparseRows): TrainingRows {
  return { matrix, weights: new Float32Array(matrix.columns.length).fill(1) };
}

function boundedRows(rows: SparseRows, seed: number): SparseRows {
  const { offsets, columns, columnCount } = rows;
  let pairs = 0;
  for (let row = 0; row < rowCountOf(rows); row++) {
    pairs += ((offsets[row + 1] as number) - (offsets[row] as number)) ** 2;
  }
  if (pairs <= PAIRS_MAX) return rows;
  const all = Array.from({ length: rowCountOf(rows) }, (_, row) => row);
  const kept = sample(all, Math.max(1, Math.floor((all.length * PAIRS_MAX) / pairs)), seed);
  const ends = new Uint32Array(kept.length + 1);
  for (const [at, row] of kept.entries()) {
    ends[at + 1] = (ends[at] as number) + (offsets[row + 1] as number) - (offsets[row] as number);
  }
  const keptColumns = new Uint32Array(ends[kept.length] as number);
  for (const [at, row] of kept.entries()) {
    keptColumns.set(columns.subarray(offsets[row], offsets[row + 1]), ends[at]);
  }
  return { offsets: ends, columns: keptColumns, columnCount };
}
