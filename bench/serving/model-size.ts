import { COLUMNS_FILE, encodeModel } from '../../core/training/model-file.ts';
import { atMost, type Check, shown } from '../check.ts';
import { ITEMS, madeUpModel, NEIGHBOURS } from './made-up-model.ts';

const MEGABYTE = 1_000_000;
const NEAR = 0.9;

/** Bytes of a model of 100,000 items × 50 neighbours, nine in ten of them of the item's own category. */
export function benchModelSize(): Check[] {
  const files = encodeModel(madeUpModel(ITEMS, NEAR));
  const columns = files.get(COLUMNS_FILE)?.length ?? Number.NaN;
  const all = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return [
    atMost('model file, 100,000 items × 50 neighbours', columns / MEGABYTE, 'MB', 8),
    shown('the same, bytes a neighbour', columns / (ITEMS * NEIGHBOURS), 'bytes'),
    shown('the same, with its items and manifest', all / MEGABYTE, 'MB'),
  ];
}
