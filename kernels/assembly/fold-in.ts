/**
 * One customer's scores from lists of neighbours: what each entry of a history says of other items, added up, with
 * the entry that spoke for each item most. Sums are rounded to 32 bits after each addition, as where plain
 * JavaScript adds to a Float32Array.
 */

/** Of four bytes in a processor's line of memory. */
const LINE_BYTES: usize = 64;

/** As `kernels/fold-in.ts` writes it. */
@unmanaged
class FoldJob {
  /** u32[rows + 1], u32[neighbours] and f32[neighbours]. */
  offsets: usize;
  indices: usize;
  similarities: usize;
  /** u32 or u16 [1 << slotBitsMax]: a hash table of 1 + an item's place among the touched ones; 0 where nothing stands. */
  slots: usize;
  slotBitsMax: u32;
  /** u32, f32, f64 and u8 of each touched item. */
  touched: usize;
  scores: usize;
  strongest: usize;
  causes: usize;
  /** u32, f64 and f64 of each entry: its item, its weight, and what the item's own score is multiplied by. */
  sources: usize;
  weights: usize;
  lifts: usize;
  /** u32 and f32 of each of the best, in order. */
  best: usize;
  bestScores: usize;
  /** f32[GROUPS] */
  groups: usize;
  entryCount: u32;
  /** What `fetch` gives, so that nobody takes its reading for useless and leaves it out. */
  fetched: u32;
}

/** Slots for each neighbour at least: most probes meet nothing, and the table stays near to the processor. */
const SLOTS_PER_NEIGHBOUR: u32 = 4;
/** 2^32 divided by the golden ratio: Fibonacci hashing (Knuth, TAOCP 6.4), whose high bits choose the slot. */
const HASH_FACTOR: u32 = 0x9e3779b1;

/** Gives how many items are touched. */
export function foldIn(jobAt: usize): u32 {
  const job = changetype<FoldJob>(jobAt);
  const neighbourCount = fetch(job);
  const slotBits = min(job.slotBitsMax, 32 - clz((neighbourCount * SLOTS_PER_NEIGHBOUR) | 1));
  // Half the memory, where places fit in.
  return neighbourCount < u16.MAX_VALUE ? fold<u16>(job, slotBits) : fold<u32>(job, slotBits);
}

function fold<Slot extends u32>(job: FoldJob, slotBits: u32): u32 {
  memory.fill(job.slots, 0, sizeof<Slot>() << slotBits);
  let count: u32 = 0;
  for (let entry: u32 = 0; entry < job.entryCount; entry++) {
    const weight = load<f64>(job.weights + (entry << 3));
    if (weight !== 0) count = addNeighbours<Slot>(job, slotBits, entry, weight, count);
  }
  for (let entry: u32 = 0; entry < job.entryCount; entry++) {
    const lift = load<f64>(job.lifts + (entry << 3));
    if (lift === 1) continue;
    const source = load<u32>(job.sources + (entry << 2));
    const standing = load<Slot>(slotOf<Slot>(job.slots, slotBits, job.touched, source)) as u32;
    if (standing === 0) continue;
    const score = job.scores + ((standing - 1) << 2);
    store<f32>(score, ((load<f32>(score) as f64) * lift) as f32);
  }
  return count;
}

/** Address of the slot where an item stands, or would stand. There are always empty ones. */
function slotOf<Slot extends u32>(slots: usize, slotBits: u32, touched: usize, item: u32): usize {
  const mask: u32 = (1 << slotBits) - 1;
  let slot = (item * HASH_FACTOR) >>> (32 - slotBits);
  while (true) {
    const address = slots + slot * sizeof<Slot>();
    const standing = load<Slot>(address) as u32;
    if (standing === 0 || load<u32>(touched + ((standing - 1) << 2)) === item) return address;
    slot = (slot + 1) & mask;
  }
}

/**
 * Reads something of every line of memory in which the lists stand, all of them before the first is worked on: a
 * processor fetches such reads side by side, and else would wait for each list anew, for longer than it adds it up.
 * Gives how many neighbours they have.
 */
function fetch(job: FoldJob): u32 {
  let sum: u32 = 0;
  let count: u32 = 0;
  // Where the lists begin first: how far the loops below go depends on it.
  for (let entry: u32 = 0; entry < job.entryCount; entry++) {
    sum += load<u32>(job.offsets + (load<u32>(job.sources + (entry << 2)) << 2), 4);
  }
  for (let entry: u32 = 0; entry < job.entryCount; entry++) {
    const offset = job.offsets + (load<u32>(job.sources + (entry << 2)) << 2);
    const first = load<u32>(offset);
    const behind = load<u32>(offset, 4);
    count += behind - first;
    const end = (behind as usize) << 2;
    for (let at = (first as usize) << 2; at < end; at += LINE_BYTES) {
      sum += load<u32>(job.indices + at) + load<u32>(job.similarities + at);
    }
  }
  job.fetched = sum;
  return count;
}

function addNeighbours<Slot extends u32>(
  job: FoldJob,
  slotBits: u32,
  entry: u32,
  weight: f64,
  countBefore: u32,
): u32 {
  const slots = job.slots;
  const touched = job.touched;
  const scores = job.scores;
  const strongest = job.strongest;
  const causes = job.causes;
  const source = load<u32>(job.sources + (entry << 2));
  const offset = job.offsets + (source << 2);
  const end = job.indices + ((load<u32>(offset, 4) as usize) << 2);
  // From a neighbour's index to its similarity.
  const across = job.similarities - job.indices;
  let count = countBefore;
  for (let at = job.indices + ((load<u32>(offset) as usize) << 2); at < end; at += 4) {
    const target = load<u32>(at);
    const similarity = load<f32>(at + across);
    // Asked of its bits but the sign: comparing floats asks for NaN too.
    if (reinterpret<u32>(similarity) << 1 === 0) continue;
    const contribution = weight * (similarity as f64);
    const slot = slotOf<Slot>(slots, slotBits, touched, target);
    const standing = load<Slot>(slot) as u32;
    if (standing === 0) {
      const next = count << 2;
      store<Slot>(slot, (count + 1) as Slot);
      store<u32>(touched + next, target);
      store<f32>(scores + next, contribution as f32);
      store<f64>(strongest + (count << 3), target !== source ? max<f64>(contribution, 0) : 0);
      store<u8>(causes + count, entry as u8);
      count++;
      continue;
    }
    const there = (standing - 1) << 2;
    store<f32>(scores + there, ((load<f32>(scores + there) as f64) + contribution) as f32);
    // In doubles: of two that said the same the first is the cause.
    const most = strongest + ((standing - 1) << 3);
    if (target !== source && contribution > load<f64>(most)) {
      store<f64>(most, contribution);
      store<u8>(causes + standing - 1, entry as u8);
    }
  }
  return count;
}

/**
 * Writes the places of the best of `count` touched items, of scores above 0, best first, equal ones by item; gives how
 * many that are, `wanted` at most. Four at a time are turned away by one comparison with the last that is kept.
 */
export function bestTouched(jobAt: usize, count: u32, wanted: u32): u32 {
  const job = changetype<FoldJob>(jobAt);
  let size: u32 = 0;
  let least = barOf(job, count, wanted);
  let bar = f32x4.splat(least);
  for (let first: u32 = 0; first < count; first += 4) {
    // What is read behind the last is turned away below.
    let lanes = i32x4.bitmask(f32x4.ge(v128.load(job.scores + (first << 2)), bar));
    for (; lanes !== 0; lanes &= lanes - 1) {
      const place = first + ctz(lanes);
      const score = load<f32>(job.scores + (place << 2));
      if (place >= count || score < least) continue;
      size = takeIn(job, place, score, size, wanted);
      if (size < wanted) continue;
      least = load<f32>(job.bestScores + ((size - 1) << 2));
      bar = f32x4.splat(least);
    }
  }
  return size;
}

/** Scores dealt to so many groups, four of them in a vector. */
const GROUPS: u32 = 64;
const VECTORS: u32 = GROUPS / 4;

/**
 * A score above 0 that the `wanted` best all reach: the `wanted`-th of the highest of each group. It turns nearly all
 * others away before the first is put in order.
 */
function barOf(job: FoldJob, count: u32, wanted: u32): f32 {
  if (wanted > GROUPS / 2 || count < 4 * GROUPS) return f32.MIN_VALUE;
  memory.fill(job.groups, 0, GROUPS << 2);
  for (let first: u32 = 0; first + GROUPS <= count; first += GROUPS) {
    for (let vector: u32 = 0; vector < VECTORS; vector++) {
      const group = job.groups + (vector << 4);
      const scores = v128.load(job.scores + (first << 2) + (vector << 4));
      v128.store(group, f32x4.pmax(v128.load(group), scores));
    }
  }
  let size: u32 = 0;
  for (let group: u32 = 0; group < GROUPS; group++) {
    const score = load<f32>(job.groups + (group << 2));
    let rank = size;
    while (rank > 0 && load<f32>(job.bestScores + ((rank - 1) << 2)) < score) rank--;
    if (rank >= wanted) continue;
    size = min(size + 1, wanted);
    for (let at = size - 1; at > rank; at--) {
      store<f32>(job.bestScores + (at << 2), load<f32>(job.bestScores + ((at - 1) << 2)));
    }
    store<f32>(job.bestScores + (rank << 2), score);
  }
  return max<f32>(load<f32>(job.bestScores + ((wanted - 1) << 2)), f32.MIN_VALUE);
}

/** Puts it where it belongs among the best so far, the last of which may fall out; gives how many they are now. */
function takeIn(job: FoldJob, place: u32, score: f32, size: u32, wanted: u32): u32 {
  const item = load<u32>(job.touched + (place << 2));
  let rank = size;
  for (; rank > 0; rank--) {
    const other = load<f32>(job.bestScores + ((rank - 1) << 2));
    if (other > score) break;
    const otherPlace = load<u32>(job.best + ((rank - 1) << 2));
    if (other === score && load<u32>(job.touched + (otherPlace << 2)) < item) break;
  }
  if (rank >= wanted) return size;
  const sizeNow = min(size + 1, wanted);
  for (let at = sizeNow - 1; at > rank; at--) {
    store<f32>(job.bestScores + (at << 2), load<f32>(job.bestScores + ((at - 1) << 2)));
    store<u32>(job.best + (at << 2), load<u32>(job.best + ((at - 1) << 2)));
  }
  store<f32>(job.bestScores + (rank << 2), score);
  store<u32>(job.best + (rank << 2), place);
  return sizeNow;
}
