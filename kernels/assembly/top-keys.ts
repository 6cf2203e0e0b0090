/**
 * The best K of a stream of scored things. A thing is one 64-bit key: the bits of its positive score
 * above the complement of its id, so that a greater key is a greater score, and of equal scores the
 * smaller id. Bits of positive floats (IEEE 754) order as the floats do.
 */

const KEY_BYTES: u32 = 8;
/** Ranges up to this length are sorted by insertion, which such short ones need the least moves for. */
const INSERTION_MAX: i32 = 16;
/** So few are sorted as they are. */
const FEW: u32 = 24;
/** 16 octaves of 64 steps; what is smaller shares the last bucket. */
const BUCKETS: u32 = 1024;
/** A float has 23 bits below its exponent: 2^17 of them are a step of 1/64 octave. */
const STEP_SHIFT: u32 = 17;
export const SCRATCH_BYTES: u32 = BUCKETS * 4;

export function keyOf(score: f32, id: u32): u64 {
  return ((reinterpret<u32>(score) as u64) << 32) | ((0xffffffff - id) as u64);
}

export function scoreOfKey(key: u64): f32 {
  return reinterpret<f32>((key >> 32) as u32);
}

export function idOfKey(key: u64): u32 {
  return 0xffffffff - (key as u32);
}

/**
 * Writes the `wanted` greatest of `count` keys to `sorted`, greatest first, and returns how many that
 * are. `sorted` has room for `count` keys, `scratch` for SCRATCH_BYTES.
 *
 * Keys are counted by their distance from the greatest score on a scale of 64 steps an octave. Only
 * those of the buckets that the wanted ones reach into are moved, and each bucket is sorted by itself.
 */
export function greatestFirst(
  keys: usize,
  count: u32,
  wanted: u32,
  sorted: usize,
  scratch: usize,
): u32 {
  if (count <= FEW) {
    memory.copy(sorted, keys, count * KEY_BYTES);
    insertionSort(sorted, 0, (count as i32) - 1);
    return min(count, wanted);
  }
  memory.fill(scratch, 0, SCRATCH_BYTES);
  const greatest = greatestScore(keys, count);
  for (let at: u32 = 0; at < count; at++) {
    const counter = scratch + bucketOf(load<u32>(keys + at * KEY_BYTES, 4), greatest) * 4;
    store<u32>(counter, load<u32>(counter) + 1);
  }
  // From counts to where each bucket begins, up to the one in which the wanted ones end.
  let bucketsTaken: u32 = 0;
  let taken: u32 = 0;
  for (; bucketsTaken < BUCKETS && taken < wanted; bucketsTaken++) {
    const counter = scratch + bucketsTaken * 4;
    const size = load<u32>(counter);
    store<u32>(counter, taken);
    taken += size;
  }
  for (let at: u32 = 0; at < count; at++) {
    const key = load<u64>(keys + at * KEY_BYTES);
    const bucket = bucketOf((key >> 32) as u32, greatest);
    if (bucket >= bucketsTaken) continue;
    const counter = scratch + bucket * 4;
    const place = load<u32>(counter);
    store<u64>(sorted + place * KEY_BYTES, key);
    store<u32>(counter, place + 1);
  }
  // Each counter has moved to its bucket's end.
  let start: i32 = 0;
  for (let bucket: u32 = 0; bucket < bucketsTaken; bucket++) {
    const end = load<u32>(scratch + bucket * 4) as i32;
    if (bucket + 1 === bucketsTaken) selectGreatest(sorted, start, end - 1, (wanted as i32) - 1);
    if (end - start > 1) sortRange(sorted, start, min(end, wanted as i32) - 1);
    start = end;
  }
  return min(taken, wanted);
}

function greatestScore(keys: usize, count: u32): u32 {
  let greatest: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    greatest = max(greatest, load<u32>(keys + at * KEY_BYTES, 4));
  }
  return greatest;
}

function bucketOf(score: u32, greatest: u32): u32 {
  return min((greatest - score) >> STEP_SHIFT, BUCKETS - 1);
}

/** Moves the greatest keys of a range to its places up to `place`, in any order (quickselect). */
export function selectGreatest(keys: usize, from: i32, to: i32, place: i32): void {
  let low = from;
  let high = to;
  while (high - low > INSERTION_MAX && place < high) {
    const middle = partition(keys, low, high);
    if (middle >= place) high = middle;
    else low = middle + 1;
  }
  if (place < high) insertionSort(keys, low, high);
}

function sortRange(keys: usize, from: i32, to: i32): void {
  let low = from;
  let high = to;
  while (high - low > INSERTION_MAX) {
    const middle = partition(keys, low, high);
    // The shorter side by recursion: its depth stays below the logarithm of the length.
    if (middle - low < high - middle - 1) {
      sortRange(keys, low, middle);
      low = middle + 1;
    } else {
      sortRange(keys, middle + 1, high);
      high = middle;
    }
  }
  insertionSort(keys, low, high);
}

/** Hoare's partition by the median of three: no key behind the place returned is greater than one up to it. */
function partition(keys: usize, low: i32, high: i32): i32 {
  const first = load<u64>(keys + (low as u32) * KEY_BYTES);
  const middle = load<u64>(keys + (((low + high) >> 1) as u32) * KEY_BYTES);
  const last = load<u64>(keys + (high as u32) * KEY_BYTES);
  const pivot = max(min(first, middle), min(max(first, middle), last));
  let left = low - 1;
  let right = high + 1;
  while (true) {
    do left++;
    while (load<u64>(keys + (left as u32) * KEY_BYTES) > pivot);
    do right--;
    while (load<u64>(keys + (right as u32) * KEY_BYTES) < pivot);
    if (left >= right) return right;
    const key = load<u64>(keys + (left as u32) * KEY_BYTES);
    store<u64>(keys + (left as u32) * KEY_BYTES, load<u64>(keys + (right as u32) * KEY_BYTES));
    store<u64>(keys + (right as u32) * KEY_BYTES, key);
  }
}

function insertionSort(keys: usize, low: i32, high: i32): void {
  for (let at = low + 1; at <= high; at++) {
    const key = load<u64>(keys + (at as u32) * KEY_BYTES);
    let place = at;
    while (place > low && load<u64>(keys + ((place - 1) as u32) * KEY_BYTES) < key) {
      store<u64>(
        keys + (place as u32) * KEY_BYTES,
        load<u64>(keys + ((place - 1) as u32) * KEY_BYTES),
      );
      place--;
    }
    store<u64>(keys + (place as u32) * KEY_BYTES, key);
  }
}
