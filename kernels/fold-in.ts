/**
 * What a customer's history says of all items, by lists of neighbours that stay in the kernels' memory:
 *
 *   score_j = lift_j · Σ over entries e of weight_e · similarity(source_e → j)
 *
 * in doubles, each sum rounded to 32 bits after each addition, and of each item the entry that said most. The plain
 * twin `reference/fold-in.ts` gives the same to the last bit. O(entries · neighbours), whatever the number of items.
 */
import { Arena, PAGE_BYTES } from './arena.ts';
import { type CallKernel, instantiate } from './instance.ts';
import { KernelInputError } from './kernel-error.ts';

/** Of each row (item) its neighbours, from offsets[row] up to offsets[row + 1]. */
export interface NeighbourLists {
  readonly offsets: Uint32Array;
  /** Rows, each once in a list. */
  readonly indices: Uint32Array;
  readonly scores: Float32Array;
}

/** Entries of a history that are folded in at a time: a byte names one. */
export const ENTRIES_MAX = 256;
/** Of the best that are asked for together. */
export const BEST_MAX = 256;

/** Bytes of one touched item in all columns. */
const TOUCHED_BYTES = 4 + 4 + 8 + 1;
/** Of an entry and of one of the best, in all columns. */
const ENTRY_BYTES = 4 + 8 + 8;
const BEST_BYTES = 4 + 4;
/** As in `assembly/fold-in.ts`. */
const GROUPS = 64;
const WORD_BYTES = 4;
const JOB_WORDS = 17;
/** So far a job's `entryCount` is from its beginning. */
const ENTRY_COUNT_WORD = 15;
/** For the alignment of each array, and for reading four behind the end. */
const SPARE_BYTES = 1_024;
/** Slots for each item that can be touched at least, so that there are always empty ones. */
const SLOTS_PER_ROW = 2;

/**
 * Room for lists where `FoldInKernel` needs them, to be filled before it is made of them.
 * @throws KernelMemoryError
 */
export function roomForLists(rowCount: number, neighbourCount: number): NeighbourLists {
  const room = new Room(rowCount, neighbourCount);
  rooms.set(room.lists, room);
  return room.lists;
}

const rooms = new WeakMap<NeighbourLists, Room>();

/** What entries say, one place each; written before each `fold`. */
export interface FoldEntries {
  /** Rows. */
  readonly sources: Uint32Array;
  readonly weights: Float64Array;
  /** What the score of the entry's own row is multiplied by, 1 where it stays. */
  readonly lifts: Float64Array;
}

/**
 * Lists of neighbours to fold histories in with, one at a time: each fold overwrites the one before. Columns of
 * touched items are in no order; as many of their places count as `fold` gave.
 */
export class FoldInKernel {
  readonly entries: FoldEntries;
  readonly indices: Uint32Array;
  /** Above 0, but for what is lifted by 0. */
  readonly scores: Float32Array;
  /** Entry that said most among those of other rows, else the row's own. */
  readonly causes: Uint8Array;
  readonly #room: Room;
  readonly #entryCount: Uint32Array;
  readonly #best: Uint32Array;

  /**
   * Lists that `roomForLists` gave are used where they are, others are copied.
   * @throws KernelInputError where a list names what is no row, KernelMemoryError
   */
  constructor(lists: NeighbourLists) {
    const room = rooms.get(lists) ?? copied(lists);
    checkLists(room);
    this.#room = room;
    const { arena, rowCount, job } = room;
    this.indices = arena.u32(room.touched, rowCount);
    this.scores = arena.f32(room.scores, rowCount);
    this.causes = arena.u8(room.causes, rowCount);
    this.entries = {
      sources: arena.u32(room.sources, ENTRIES_MAX),
      weights: arena.f64(room.weights, ENTRIES_MAX),
      lifts: arena.f64(room.lifts, ENTRIES_MAX),
    };
    this.#entryCount = arena.u32(job + ENTRY_COUNT_WORD * WORD_BYTES, 1);
    this.#best = arena.u32(room.best, BEST_MAX);
  }

  /**
   * Folds in the first `entryCount` of `entries`; gives how many items are touched.
   * @throws KernelInputError where an entry's source is no row
   */
  fold(entryCount: number): number {
    this.#checkEntries(entryCount);
    this.#entryCount[0] = entryCount;
    return this.#room.call('foldIn', this.#room.job);
  }

  /** Places of the best `wanted` (BEST_MAX at most) among the first `count` touched items, of scores above 0; equal ones by row. */
  best(count: number, wanted: number): number[] {
    const { call, job } = this.#room;
    const size = wanted < 1 ? 0 : call('bestTouched', job, count, Math.min(wanted, BEST_MAX));
    const places: number[] = [];
    for (let at = 0; at < size; at++) places.push(this.#best[at] as number);
    return places;
  }

  #checkEntries(entryCount: number): void {
    if (!(entryCount >= 0 && entryCount <= ENTRIES_MAX)) {
      throw new KernelInputError(`entryCount is ${entryCount}; give 0 to ${ENTRIES_MAX}.`);
    }
    const { rowCount } = this.#room;
    const { sources } = this.entries;
    for (let entry = 0; entry < entryCount; entry++) {
      if ((sources[entry] as number) < rowCount) continue;
      throw new KernelInputError(
        `sources[${entry}] is ${sources[entry]}; give a row below ${rowCount}.`,
      );
    }
  }
}

/** The memory of one kernel, with everything in its place. Names as in `assembly/fold-in.ts`. */
class Room {
  readonly lists: NeighbourLists;
  readonly arena: Arena;
  readonly call: CallKernel;
  readonly rowCount: number;
  readonly listIndices: number;
  readonly touched: number;
  readonly scores: number;
  readonly causes: number;
  readonly sources: number;
  readonly weights: number;
  readonly lifts: number;
  readonly best: number;
  readonly job: number;

  constructor(rowCount: number, neighbourCount: number) {
    const { memory, call } = instantiate(pagesFor(rowCount, neighbourCount));
    const arena = new Arena(memory);
    const offsets = arena.allocate((rowCount + 1) * WORD_BYTES);
    const indices = arena.allocate(neighbourCount * WORD_BYTES);
    const similarities = arena.allocate(neighbourCount * WORD_BYTES);
    this.rowCount = rowCount;
    this.listIndices = indices;
    const slotBits = slotBitsFor(rowCount);
    const slots = arena.allocate(2 ** slotBits * WORD_BYTES);
    this.touched = arena.allocate(rowCount * WORD_BYTES);
    this.scores = arena.allocate(rowCount * WORD_BYTES);
    const strongest = arena.allocate(rowCount * Float64Array.BYTES_PER_ELEMENT);
    this.causes = arena.allocate(rowCount);
    this.sources = arena.allocate(ENTRIES_MAX * WORD_BYTES);
    this.weights = arena.allocate(ENTRIES_MAX * Float64Array.BYTES_PER_ELEMENT);
    this.lifts = arena.allocate(ENTRIES_MAX * Float64Array.BYTES_PER_ELEMENT);
    this.best = arena.allocate(BEST_MAX * WORD_BYTES);
    const bestScores = arena.allocate(BEST_MAX * WORD_BYTES);
    const groups = arena.allocate(GROUPS * WORD_BYTES);
    this.job = arena.putJob([
      ...[offsets, indices, similarities, slots, slotBits],
      ...[this.touched, this.scores, strongest, this.causes],
      ...[this.sources, this.weights, this.lifts, this.best, bestScores, groups, 0, 0],
    ]);
    this.arena = arena;
    this.call = call;
    this.lists = {
      offsets: arena.u32(offsets, rowCount + 1),
      indices: arena.u32(indices, neighbourCount),
      scores: arena.f32(similarities, neighbourCount),
    };
  }
}

/** All that is laid, so that the memory never grows and views of it stay. */
function pagesFor(rowCount: number, neighbourCount: number): number {
  const bytes =
    (rowCount + 1) * WORD_BYTES +
    2 * neighbourCount * WORD_BYTES +
    2 ** slotBitsFor(rowCount) * WORD_BYTES +
    rowCount * TOUCHED_BYTES +
    ENTRIES_MAX * ENTRY_BYTES +
    BEST_MAX * BEST_BYTES +
    GROUPS * WORD_BYTES +
    JOB_WORDS * WORD_BYTES +
    SPARE_BYTES;
  return Math.ceil(bytes / PAGE_BYTES);
}

function slotBitsFor(rowCount: number): number {
  return Math.ceil(Math.log2(SLOTS_PER_ROW * (rowCount + 1)));
}

function copied({ offsets, indices, scores }: NeighbourLists): Room {
  if (offsets.length === 0) {
    throw new KernelInputError('offsets is empty; give one more than there are rows.');
  }
  if (scores.length !== indices.length) {
    throw new KernelInputError(
      `scores has ${scores.length} values and indices ${indices.length}; give as many.`,
    );
  }
  const room = new Room(offsets.length - 1, indices.length);
  room.lists.offsets.set(offsets);
  room.lists.indices.set(indices);
  room.lists.scores.set(scores);
  return room;
}

function checkLists({ lists, call, rowCount, listIndices }: Room): void {
  const { offsets, indices } = lists;
  const { length } = indices;
  for (let row = 0; row < rowCount; row++) {
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    if (start <= end && end <= length) continue;
    throw new KernelInputError(
      `offsets[${row}] and the next are ${start} and ${end}; give rising numbers up to ${length}.`,
    );
  }
  const outside = call('firstOutside', listIndices, length, rowCount);
  if (outside < 0) return;
  throw new KernelInputError(
    `indices[${outside}] is ${indices[outside]}; give a row below ${rowCount}.`,
  );
}
