/** A validation part out of train, for data without times: of every customer a seeded share of the items. */
import type { SparseRows } from '../../../kernels/sparse-rows.ts';
import { seededRandom } from '../seeded-random.ts';

/** As the public splits hold out of all data. */
const VALIDATION_SHARE = 0.2;
/** A customer of fewer items keeps them: there would be nothing to answer from, or nothing to answer. */
const ITEMS_MIN = 2;

export interface CarvedRows {
  readonly train: SparseRows;
  readonly validation: SparseRows;
}

export function carveValidation(rows: SparseRows, seed: number): CarvedRows {
  const { offsets, columns, columnCount } = rows;
  const random = seededRandom(seed);
  const isHeldOut = new Uint8Array(columns.length);
  for (let row = 0; row + 1 < offsets.length; row++) {
    const from = offsets[row] as number;
    const count = (offsets[row + 1] as number) - from;
    let wanted = count < ITEMS_MIN ? 0 : Math.max(1, Math.round(count * VALIDATION_SHARE));
    for (let at = 0; at < count; at++) {
      if (random() * (count - at) >= wanted) continue;
      isHeldOut[from + at] = 1;
      wanted -= 1;
    }
  }
  const part = (flag: number): SparseRows => {
    const ends = new Uint32Array(offsets.length);
    let count = 0;
    for (let row = 0; row + 1 < offsets.length; row++) {
      for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
        if (isHeldOut[at] === flag) count += 1;
      }
      ends[row + 1] = count;
    }
    return {
      offsets: ends,
      columns: columns.filter((_, at) => isHeldOut[at] === flag),
      columnCount,
    };
  };
  return { train: part(0), validation: part(1) };
}
