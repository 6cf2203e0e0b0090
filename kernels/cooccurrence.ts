/**
 * Item–item similarity by weighted co-occurrence, each item's best neighbours:
 *
 *   s(i→j) = sourceScale_i · targetScale_j · Σ_u rowScale_u · ws_ui · wt_uj
 *
 * over rows u (customers) and columns i, j (items). With rowScale = d_u^-a, sourceScale = d_i^-b and
 * targetScale = d_j^-c (`damped` in `sparse-rows.ts`) it is the damped similarity of Aiolli (RecSys 2013)
 * and Verstrepen & Goethals (RecSys 2014); the cosine of binary data is a = 0, b = c = ½. Weights of the
 * source and of the target side are apart so that either can be decayed in time alone.
 *
 * O(Σ_u n_u²) additions for rows of n_u entries, each item's sums in Float32. Memory beside the result:
 * 20 bytes an entry, and 24 bytes an item and thread. The plain twin is `reference/cooccurrence.ts`; they
 * are equal to the last bit.
 */
import { KernelInputError } from './kernel-error.ts';
import type { KernelJob, KernelPool } from './kernel-pool.ts';
import {
  checkLength,
  checkOffsets,
  putColumns,
  putFinite,
  rowCountOf,
  type SparseRows,
} from './sparse-rows.ts';

export interface Cooccurrence {
  /** Customers × items. */
  readonly matrix: SparseRows;
  /** ws and wt, one value an entry, finite and not negative. */
  readonly sourceWeights: Float32Array;
  readonly targetWeights: Float32Array;
  /** One factor a row, and one an item for either side; finite and not negative. */
  readonly rowScale: Float32Array;
  readonly sourceScale: Float32Array;
  readonly targetScale: Float32Array;
  /** Neighbours of an item at most, K ≥ 1. */
  readonly neighboursMax: number;
  /** Whether i → i may be a neighbour. */
  readonly keepsSelf: boolean;
}

/** Row i's neighbours are at the places `offsets[i]` … `offsets[i + 1]` − 1, best first, equal scores by index. */
export interface Neighbours {
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  /** Greater than 0. */
  readonly scores: Float32Array;
}

/** Ranks taken at a time: few enough that no thread is left with the last long rows, many enough to call seldom. */
const RANKS_PER_CALL = 16;
/** `SCRATCH_BYTES` of `assembly/top-keys.ts`. */
const BUCKET_BYTES = 1024 * 4;

/** @throws KernelInputError, KernelMemoryError, KernelThreadError */
export function cooccurrence(pool: KernelPool, input: Cooccurrence): Promise<Neighbours> {
  checkCooccurrence(input);
  return pool.run(async (job) => {
    const entries = putEntries(job, input);
    const scratchBytes = scratchBytesFor(input.matrix.columnCount);
    const { arena } = job;
    const address = arena.putJob([
      0,
      input.matrix.columnCount,
      RANKS_PER_CALL,
      Math.min(input.neighboursMax, input.matrix.columnCount),
      input.keepsSelf ? 1 : 0,
      ...entries.addresses,
      arena.allocate(scratchBytes * job.threads),
      scratchBytes,
    ]);
    job.call('clearSums', address, job.threads);
    await job.parallel('cooccurrence', address);
    return result(job, input, entries);
  });
}

/** What both twins demand; the kernel checks values and columns besides. */
export function checkCooccurrence(input: Cooccurrence): void {
  const { matrix, neighboursMax } = input;
  checkOffsets(matrix);
  checkLength('sourceWeights', input.sourceWeights, matrix.columns.length);
  checkLength('targetWeights', input.targetWeights, matrix.columns.length);
  checkLength('rowScale', input.rowScale, rowCountOf(matrix));
  checkLength('sourceScale', input.sourceScale, matrix.columnCount);
  checkLength('targetScale', input.targetScale, matrix.columnCount);
  if (Number.isInteger(neighboursMax) && neighboursMax >= 1) return;
  throw new KernelInputError(`neighboursMax is ${neighboursMax}; give a whole number from 1.`);
}

interface Entries {
  /** In the order of the job's fields, from columnOffsets to outCounts. */
  readonly addresses: readonly number[];
  /** Of the neighbours' offsets before the gaps are closed. */
  readonly room: number;
  readonly outItems: number;
  readonly outScores: number;
  readonly outCounts: number;
}

/** Lays rows and columns, items renamed to ranks, and room for the result. */
function putEntries(job: KernelJob, input: Cooccurrence): Entries {
  const { arena, call } = job;
  const { matrix } = input;
  const itemCount = matrix.columnCount;
  const entryCount = matrix.columns.length;
  const rowOffsets = arena.put(matrix.offsets);
  const rowItems = putColumns(job, matrix);
  const sourceWeights = putFinite(job, 'sourceWeights', input.sourceWeights, 'not negative');
  const rowWeights = putFinite(job, 'targetWeights', input.targetWeights, 'not negative');
  const rowScale = putFinite(job, 'rowScale', input.rowScale, 'not negative');
  const sourceScale = putFinite(job, 'sourceScale', input.sourceScale, 'not negative');
  const targetScale = putFinite(job, 'targetScale', input.targetScale, 'not negative');
  const counts = arena.allocateZeroed(4 * itemCount);
  call('countEach', rowItems, entryCount, counts);
  const ranks = rankByCount(arena.u32(counts, itemCount));
  const rankOf = arena.put(ranks.rankOf);
  call('rename', rowItems, entryCount, rankOf);
  call('scaleRows', rowCountOf(matrix), rowOffsets, rowWeights, rowScale);
  const columnOffsets = arena.put(ranks.offsets);
  const columnUsers = arena.allocate(4 * entryCount);
  const columnWeights = arena.allocate(4 * entryCount);
  const cursors = arena.put(ranks.offsets);
  call(
    'transpose',
    rowCountOf(matrix),
    rowOffsets,
    rowItems,
    sourceWeights,
    cursors,
    columnUsers,
    columnWeights,
  );
  const { itemOf } = ranks;
  const scales = [
    arena.put(inOrder(arena.f32(sourceScale, itemCount), itemOf)),
    arena.put(targetsInOrder(arena.f32(targetScale, itemCount), itemOf)),
  ];
  const outOffsets = capacities(job, input, { rowOffsets, columnOffsets, columnUsers, rankOf });
  const room = arena.put(outOffsets);
  const places = outOffsets[itemCount] as number;
  const out = { outItems: arena.allocate(4 * places), outScores: arena.allocate(4 * places) };
  const outCounts = arena.allocateZeroed(4 * itemCount);
  const addresses = [
    ...[columnOffsets, columnUsers, columnWeights, rowOffsets, rowItems, rowWeights],
    ...[...scales, room, out.outItems, out.outScores, outCounts],
  ];
  return { addresses, room, outCounts, ...out };
}

interface Ranks {
  /** Item of a rank, rank of an item: the most frequent item has rank 0, equal ones are in order. */
  readonly itemOf: Uint32Array;
  readonly rankOf: Uint32Array;
  /** By rank, where its entries begin. */
  readonly offsets: Uint32Array;
}

function rankByCount(counts: Uint32Array): Ranks {
  const itemCount = counts.length;
  const most = counts.reduce((max, count) => Math.max(max, count), 0);
  const starts = new Uint32Array(most + 2);
  for (const count of counts) starts[most - count + 1] = (starts[most - count + 1] as number) + 1;
  for (let at = 1; at < starts.length; at++) {
    starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  }
  const itemOf = new Uint32Array(itemCount);
  const rankOf = new Uint32Array(itemCount);
  const offsets = new Uint32Array(itemCount + 1);
  for (let item = 0; item < itemCount; item++) {
    const bucket = most - (counts[item] as number);
    const rank = starts[bucket] as number;
    starts[bucket] = rank + 1;
    itemOf[rank] = item;
    rankOf[item] = rank;
  }
  for (let rank = 0; rank < itemCount; rank++) {
    offsets[rank + 1] = (offsets[rank] as number) + (counts[itemOf[rank] as number] as number);
  }
  return { itemOf, rankOf, offsets };
}

function inOrder(values: Float32Array, itemOf: Uint32Array): Float32Array {
  return Float32Array.from(itemOf, (item) => values[item] as number);
}

function targetsInOrder(scales: Float32Array, itemOf: Uint32Array): Uint32Array {
  const pairs = new Uint32Array(2 * itemOf.length);
  const floats = new Float32Array(pairs.buffer);
  for (const [rank, item] of itemOf.entries()) {
    floats[2 * rank] = scales[item] as number;
    pairs[2 * rank + 1] = item;
  }
  return pairs;
}

/** Where each item's neighbours are written: room for as many as it can have, K at most. */
function capacities(
  { arena }: KernelJob,
  { matrix, neighboursMax }: Cooccurrence,
  at: { rowOffsets: number; columnOffsets: number; columnUsers: number; rankOf: number },
): Uint32Array {
  const itemCount = matrix.columnCount;
  const rowOffsets = arena.u32(at.rowOffsets, matrix.offsets.length);
  const columnOffsets = arena.u32(at.columnOffsets, itemCount + 1);
  const columnUsers = arena.u32(at.columnUsers, matrix.columns.length);
  const rankOf = arena.u32(at.rankOf, itemCount);
  const most = Math.min(neighboursMax, itemCount);
  const offsets = new Uint32Array(itemCount + 1);
  for (let item = 0; item < itemCount; item++) {
    const rank = rankOf[item] as number;
    const end = columnOffsets[rank + 1] as number;
    let room = 0;
    for (let place = columnOffsets[rank] as number; place < end && room < most; place++) {
      const user = columnUsers[place] as number;
      room += (rowOffsets[user + 1] as number) - (rowOffsets[user] as number);
    }
    const start = offsets[item] as number;
    offsets[item + 1] = start + Math.min(room, most);
  }
  return offsets;
}

/** A thread's buckets, keys, sorted keys, sums and list of touched items; the list has one place to spare. */
function scratchBytesFor(itemCount: number): number {
  const bytes = BUCKET_BYTES + itemCount * (8 + 8 + 4 + 4) + 4;
  return Math.ceil(bytes / 64) * 64;
}

/** Copies the result out, without the room that was not needed. */
function result(
  { arena, call }: KernelJob,
  { matrix }: Cooccurrence,
  entries: Entries,
): Neighbours {
  const itemCount = matrix.columnCount;
  const { room, outCounts, outItems, outScores } = entries;
  const counts = arena.u32(outCounts, itemCount);
  const offsets = new Uint32Array(itemCount + 1);
  for (let item = 0; item < itemCount; item++) {
    offsets[item + 1] = (offsets[item] as number) + (counts[item] as number);
  }
  call('closeGaps', itemCount, room, outCounts, outItems, outScores);
  const total = offsets[itemCount] as number;
  const neighbours = {
    offsets,
    indices: new Uint32Array(arena.u32(outItems, total)),
    scores: new Float32Array(arena.f32(outScores, total)),
  };
  refuseInfinite(neighbours);
  return neighbours;
}

/** The best score stands first in its row, so an overflow is seen there. */
export function refuseInfinite({ offsets, scores }: Neighbours): void {
  for (let item = 0; item + 1 < offsets.length; item++) {
    const place = offsets[item] as number;
    if (place === offsets[item + 1] || Number.isFinite(scores[place])) continue;
    throw new KernelInputError(
      `The scores of item ${item} overflow 32-bit floats; give smaller weights or scales.`,
    );
  }
}
