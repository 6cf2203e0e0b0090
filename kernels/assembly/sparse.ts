/** Sparse matrices: checks of what a caller gave, and the transposition. */

const EXPONENT: u32 = 0x7f800000;

/** Place of the first value that is infinite or no number (or below nothing, where asked), or -1; −0 becomes 0. */
export function firstBadValue(values: usize, count: u32, refusesNegative: bool): i32 {
  for (let at: u32 = 0; at < count; at++) {
    const bits = load<u32>(values + at * 4);
    if ((bits & EXPONENT) === EXPONENT) return at as i32;
    if (bits === 0x80000000) store<u32>(values + at * 4, 0);
    else if (refusesNegative && bits > 0x80000000) return at as i32;
  }
  return -1;
}

/** Place of the first index that is not below the limit, or -1. */
export function firstOutside(indices: usize, count: u32, limit: u32): i32 {
  const limits = i32x4.splat(limit);
  let at: u32 = 0;
  for (; at + 4 <= count; at += 4) {
    if (v128.any_true(i32x4.ge_u(v128.load(indices + at * 4), limits))) break;
  }
  for (; at < count; at++) {
    if (load<u32>(indices + at * 4) >= limit) return at as i32;
  }
  return -1;
}

/** Adds 1 to `counts[index]` for each index. */
export function countEach(indices: usize, count: u32, counts: usize): void {
  for (let at: u32 = 0; at < count; at++) {
    const counter = counts + load<u32>(indices + at * 4) * 4;
    store<u32>(counter, load<u32>(counter) + 1);
  }
}

/** indices[n] = names[indices[n]] */
export function rename(indices: usize, count: u32, names: usize): void {
  for (let at: u32 = 0; at < count; at++) {
    store<u32>(indices + at * 4, load<u32>(names + load<u32>(indices + at * 4) * 4));
  }
}

/**
 * Deals the entries of rows to columns: row numbers and values, rows ascending, equal ones in their
 * order. `cursors[column]` is where the column begins, and in the end where it ends.
 */
export function transpose(
  rowCount: u32,
  rowOffsets: usize,
  columns: usize,
  values: usize,
  cursors: usize,
  outRows: usize,
  outValues: usize,
): void {
  for (let row: u32 = 0; row < rowCount; row++) {
    const end = load<u32>(rowOffsets + row * 4, 4);
    for (let place = load<u32>(rowOffsets + row * 4); place < end; place++) {
      const cursor = cursors + load<u32>(columns + place * 4) * 4;
      const to = load<u32>(cursor);
      store<u32>(cursor, to + 1);
      store<u32>(outRows + to * 4, row);
      store<f32>(outValues + to * 4, load<f32>(values + place * 4));
    }
  }
}

/** Multiplies each row's values by the row's factor. */
export function scaleRows(rowCount: u32, rowOffsets: usize, values: usize, factors: usize): void {
  for (let row: u32 = 0; row < rowCount; row++) {
    const factor = load<f32>(factors + row * 4);
    const end = load<u32>(rowOffsets + row * 4, 4);
    for (let place = load<u32>(rowOffsets + row * 4); place < end; place++) {
      store<f32>(values + place * 4, load<f32>(values + place * 4) * factor);
    }
  }
}
