/** Positions grouped by key: those of key k stand at offsets[k] … offsets[k + 1] − 1, in their order. */
export interface GroupedRows {
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
}

/**
 * Groups the positions 0 … keys.length − 1 by their key, each in 0 … keyCount − 1: a counting sort,
 * stable, O(keys + keyCount).
 */
export function groupRows(keys: Uint32Array, keyCount: number): GroupedRows {
  const offsets = new Uint32Array(keyCount + 1);
  for (const key of keys) offsets[key + 1] = (offsets[key + 1] as number) + 1;
  for (let key = 0; key < keyCount; key++) {
    offsets[key + 1] = (offsets[key + 1] as number) + (offsets[key] as number);
  }
  const next = offsets.slice();
  const rows = new Uint32Array(keys.length);
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row] as number;
    const place = next[key] as number;
    rows[place] = row;
    next[key] = place + 1;
  }
  return { offsets, rows };
}
