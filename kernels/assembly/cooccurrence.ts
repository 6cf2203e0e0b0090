/**
 * Weighted co-occurrence, one item's row at a time:
 *
 *   s(i→j) = sourceScale_i · targetScale_j · Σ_u ws_ui · t_uj
 *
 * A row is summed in a dense array of all items, beside which each item is listed when it is first met.
 * That array is clear where it holds −0, which no sum of products of positive numbers or +0 ever is, so
 * that listing takes a comparison and no branch. Items are numbered by rank here, the most frequent
 * first: what is touched most lies together in the cache, and the longest rows are begun first.
 */
import { greatestFirst, idOfKey, keyOf, SCRATCH_BYTES, scoreOfKey } from './top-keys';

const CLEAR: u32 = 0x80000000;

/** As `kernels/cooccurrence.ts` writes it; u32 each, pointers to arrays of the length in brackets. */
@unmanaged
class CooccurrenceJob {
  /** Next rank to do; atomic. */
  next: u32;
  itemCount: u32;
  ranksPerCall: u32;
  neighboursMax: u32;
  keepsSelf: u32;
  /** u32[itemCount + 1], of ranks: where the column begins in the next two. */
  columnOffsets: usize;
  columnUsers: usize;
  columnWeights: usize;
  /** u32[userCount + 1] */
  rowOffsets: usize;
  /** u32[entries], as ranks */
  rowItems: usize;
  rowWeights: usize;
  /** f32[itemCount], of ranks */
  sourceScale: usize;
  /** By rank, side by side: its targetScale (f32) and its item (u32). */
  targets: usize;
  /** u32[itemCount], of items: where its neighbours are written */
  outOffsets: usize;
  outItems: usize;
  outScores: usize;
  /** u32[itemCount], of items */
  outCounts: usize;
  scratch: usize;
  scratchBytes: u32;
}

/** Does the next few rows; false when there are none left. */
export function cooccurrence(jobAt: usize, thread: u32): bool {
  const job = changetype<CooccurrenceJob>(jobAt);
  const first = atomic.add<u32>(jobAt, job.ranksPerCall);
  if (first >= job.itemCount) return false;
  const end = min(first + job.ranksPerCall, job.itemCount);
  const scratch = job.scratch + thread * job.scratchBytes;
  const keys = scratch + SCRATCH_BYTES;
  const sorted = keys + job.itemCount * 8;
  const sums = sorted + job.itemCount * 8;
  const touched = sums + job.itemCount * 4;
  for (let rank = first; rank < end; rank++) {
    const touchedCount = sumRow(job, rank, sums, touched);
    const keyCount = takeKeys(job, rank, sums, touched, touchedCount, keys);
    const count = greatestFirst(keys, keyCount, job.neighboursMax, sorted, scratch);
    write(job, load<u32>(job.targets + rank * 8, 4), sorted, count);
  }
  return true;
}

/** Clears a thread's sums before its first row. */
export function clearSums(jobAt: usize, threads: u32): void {
  const job = changetype<CooccurrenceJob>(jobAt);
  for (let thread: u32 = 0; thread < threads; thread++) {
    const scratch = job.scratch + thread * job.scratchBytes;
    const sums = scratch + SCRATCH_BYTES + job.itemCount * 16;
    for (let item: u32 = 0; item < job.itemCount; item++) store<u32>(sums + item * 4, CLEAR);
  }
}

/** Lists what it met and returns how many they are. */
function sumRow(job: CooccurrenceJob, rank: u32, sums: usize, touched: usize): u32 {
  const start = load<u32>(job.columnOffsets + rank * 4);
  const end = load<u32>(job.columnOffsets + rank * 4, 4);
  let next = touched;
  for (let place = start; place < end; place++) {
    const user = load<u32>(job.columnUsers + place * 4);
    const weight = load<f32>(job.columnWeights + place * 4);
    const rowStart = load<u32>(job.rowOffsets + user * 4) * 4;
    const rowEnd = load<u32>(job.rowOffsets + user * 4, 4) * 4;
    next = addRow(job.rowItems, job.rowWeights, rowStart, rowEnd, weight, sums, next);
  }
  return ((next - touched) >> 2) as u32;
}

function addRow(
  items: usize,
  weights: usize,
  start: u32,
  end: u32,
  weight: f32,
  sums: usize,
  touched: usize,
): usize {
  let next = touched;
  for (let at = start; at < end; at += 4) {
    const item = load<u32>(items + at);
    const sum = load<f32>(sums + item * 4);
    store<u32>(next, item);
    next += ((reinterpret<u32>(sum) === CLEAR) as u32) << 2;
    store<f32>(sums + item * 4, sum + weight * load<f32>(weights + at));
  }
  return next;
}

/** Scales and clears what was touched; returns how many keys there are of it. */
function takeKeys(
  job: CooccurrenceJob,
  rank: u32,
  sums: usize,
  touched: usize,
  touchedCount: u32,
  keys: usize,
): u32 {
  const scale = load<f32>(job.sourceScale + rank * 4);
  const targets = job.targets;
  const left = job.keepsSelf === 0 ? rank : u32.MAX_VALUE;
  const end = touched + touchedCount * 4;
  let next = keys;
  for (let at = touched; at < end; at += 4) {
    const item = load<u32>(at);
    const target = targets + item * 8;
    const score = load<f32>(sums + item * 4) * load<f32>(target) * scale;
    store<u32>(sums + item * 4, CLEAR);
    store<u64>(next, keyOf(score, load<u32>(target, 4)));
    next += ((item !== left) as u32) << 3;
  }
  return ((next - keys) >> 3) as u32;
}

function write(job: CooccurrenceJob, item: u32, keys: usize, keyCount: u32): void {
  const offset = load<u32>(job.outOffsets + item * 4) * 4;
  let count: u32 = 0;
  for (; count < keyCount; count++) {
    const key = load<u64>(keys + count * 8);
    const score = scoreOfKey(key);
    // What rounds to nothing is no neighbour, and nothing better follows.
    if (score === 0) break;
    store<u32>(job.outItems + offset + count * 4, idOfKey(key));
    store<f32>(job.outScores + offset + count * 4, score);
  }
  store<u32>(job.outCounts + item * 4, count);
}

/** Moves the rows' neighbours together: from where they have room to where the one before ends. */
export function closeGaps(
  itemCount: u32,
  room: usize,
  counts: usize,
  items: usize,
  scores: usize,
): void {
  let to: u32 = 0;
  for (let item: u32 = 0; item < itemCount; item++) {
    const from = load<u32>(room + item * 4) * 4;
    const bytes = load<u32>(counts + item * 4) * 4;
    memory.copy(items + to, items + from, bytes);
    memory.copy(scores + to, scores + from, bytes);
    to += bytes;
  }
}
