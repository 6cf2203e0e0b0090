import { ItemPositions } from '../../core/training/item-positions.ts';
import type { Model } from '../../core/training/model.ts';
import { COLUMNS_FILE, encodeModel } from '../../core/training/model-file.ts';
import { cooccurrence } from '../../kernels/cooccurrence.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { damped, degreesOf } from '../../kernels/sparse-rows.ts';
import { atMost, type Check, shown } from '../check.ts';
import { splitRows } from '../training/split-rows.ts';
import { ITEMS, itemNumber, madeUpModel, NEIGHBOURS } from './made-up-model.ts';

const MEGABYTE = 1_000_000;
const THREADS = 2;

/**
 * Bytes of `model.bin` a neighbour, of lists that were learnt: of real check-ins where they lie beside the repository
 * (see split-rows.ts), and what that is for the size that is promised.
 */
export async function benchModelSize(): Promise<Check[]> {
  const { name, model } = await learntModel();
  const startMs = performance.now();
  const bytes = encodeModel(model, new Map(), 'small').get(COLUMNS_FILE)?.length ?? Number.NaN;
  const seconds = (performance.now() - startMs) / 1000;
  const each = bytes / model.neighbours.indices.length;
  return [
    shown(`model file of ${name}, bytes a neighbour`, each, 'bytes'),
    shown(`model file of ${name}, ${model.items.length} items`, bytes / MEGABYTE, 'MB'),
    shown('the same, time to write it as publishing does', seconds, 's'),
    atMost(
      'the same for 100,000 items × 50 neighbours',
      (each * ITEMS * NEIGHBOURS) / MEGABYTE,
      'MB',
      8,
    ),
  ];
}

/** A model of the lists as the default training makes them, without anything that the catalogue would say. */
async function learntModel(): Promise<{ readonly name: string; readonly model: Model }> {
  const { name, train } = await splitRows();
  const pool = new KernelPool({ threads: THREADS });
  const ones = new Float32Array(train.columns.length).fill(1);
  const degrees = degreesOf(train);
  const scale = damped(degrees.columns, 0.5);
  const neighbours = await cooccurrence(pool, {
    ...{ matrix: train, sourceWeights: ones, targetWeights: ones },
    ...{ rowScale: damped(degrees.rows, 0.4), sourceScale: scale, targetScale: scale },
    ...{ neighboursMax: NEIGHBOURS, keepsSelf: true },
  });
  await pool.close();
  const items = Array.from({ length: train.columnCount }, (_, index) => itemNumber(index));
  const model: Model = {
    ...madeUpModel(1),
    items,
    indexOf: ItemPositions.of(items.map(({ itemId }) => itemId)),
    neighbours,
    popular: Float32Array.from(degrees.columns),
    trending: Float32Array.from(degrees.columns, (degree) => Math.log1p(degree)),
  };
  return { name, model };
}
