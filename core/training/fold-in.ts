/**
 * score.ts for requests: the same scores, and for each item the entry of the history that spoke for it most,
 * in one pass over the customer's neighbours and in time that does not depend on the size of the catalogue.
 * One dense array, kept from one request to the next beside its model, numbers the items that a request touches;
 * all else stands in columns of only those, which stay in the processor's nearest cache and are used again. A
 * property test ties the two.
 */
import { RECENT_INTERACTIONS_MAX } from '../profile/profile.ts';
import { type HistoryEntry, interactionWeights, type Model } from './model.ts';
import { DAY_MS, latestDistinct } from './score.ts';

/** Items that something spoke for, in no order; one place each in all columns. */
export interface FoldedIn {
  /** Positions in `model.items`. */
  readonly indices: Uint32Array;
  /** Above 0, but for what was bought already and is not to be bought again. */
  readonly scores: Float32Array;
  /** Position in `entries` of the strongest other item's entry, of the item's own where no other spoke. */
  readonly causes: Uint8Array;
  /** Those of items that the model knows. */
  readonly entries: readonly HistoryEntry[];
  /** Positions of the entries' items in `model.items`. */
  readonly sources: Int32Array;
  /** Gives the columns back for the next request; not to be looked at any more. Whoever doesn't, only wastes them. */
  release(): void;
}

interface Scratch {
  /**
   * By item: where it stands in the columns, counted from the request's own `base`. What is below belongs to a
   * request before, so that nothing has to be cleared.
   */
  readonly marks: Int32Array;
  /** The first number that no request has used. */
  nextBase: number;
  /** Columns that no request uses just now. */
  spare: Columns | undefined;
  /** What stands in the spare columns. */
  last: LastFold | undefined;
  /** What `touch` gave, so that nobody takes it for useless and leaves it out. */
  touched: number;
}

/** One answer asks twice: which items the catalogue must be asked about, and then what is shown. */
interface LastFold {
  readonly history: readonly HistoryEntry[];
  readonly nowMs: number;
  readonly parameters: Model['parameters'];
  readonly folded: FoldedIn;
}

/** One place for each item touched so far. */
interface Columns {
  readonly indices: Uint32Array;
  readonly scores: Float32Array;
  /** Strongest contribution of another item's entry, and whose it is. */
  readonly strongest: Float32Array;
  readonly causes: Uint8Array;
}

/** Entries that count, newest first, and where their items are in the model. */
interface Deeds {
  readonly entries: readonly HistoryEntry[];
  readonly sources: Int32Array;
}

const scratches = new WeakMap<Model['neighbours'], Scratch>();
const MARK_MAX = 2 ** 31 - 1;

/** `history` is taken for the same as long as it is the same object. */
export function foldIn(model: Model, history: readonly HistoryEntry[], nowMs: number): FoldedIn {
  const scratch = scratchOf(model);
  const { last } = scratch;
  const isLast =
    last?.history === history &&
    last.nowMs === nowMs &&
    last.parameters === model.parameters &&
    scratch.spare !== undefined;
  if (isLast) {
    scratch.spare = undefined;
    return last.folded;
  }
  const newestFirst = sortedNewestFirst(history);
  const deeds = knownDeeds(model, newestFirst);
  const { entries, sources } = deeds;
  const { columns, base } = roomFor(scratch, touchedMax(model, sources));
  scratch.touched = touch(model, sources);
  const count = addAll(model, deeds, { marks: scratch.marks, base, columns }, newestFirst, nowMs);
  const release = () => {
    scratch.spare = columns;
    scratch.last = { history, nowMs, parameters: model.parameters, folded };
  };
  const folded: FoldedIn = {
    indices: columns.indices.subarray(0, count),
    scores: columns.scores.subarray(0, count),
    causes: columns.causes.subarray(0, count),
    entries,
    sources,
    release,
  };
  return folded;
}

/** Adds every entry's neighbours; gives how many items are touched. */
function addAll(
  model: Model,
  deeds: Deeds,
  into: Into,
  newestFirst: readonly HistoryEntry[],
  nowMs: number,
): number {
  const { entries, sources } = deeds;
  const referenceMs = Math.min(nowMs, newestFirst[0]?.timeMs ?? nowMs);
  const { historyHalfLifeDays, repeatBoost } = model.parameters;
  let count = 0;
  for (let place = 0; place < entries.length; place++) {
    const entry = entries[place] as HistoryEntry;
    const ageDays = Math.max(0, referenceMs - entry.timeMs) / DAY_MS;
    const weight = interactionWeights[entry.kind] * 0.5 ** (ageDays / historyHalfLifeDays);
    if (weight === 0) continue;
    const source = sources[place] as number;
    count = addNeighbours(model, into, { source, weight, place }, count);
  }
  if (repeatBoost !== 1) boostRepeats(deeds, into, repeatBoost);
  return count;
}

/** A profile's history is in this order already. */
function sortedNewestFirst(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  for (let place = 1; place < history.length; place++) {
    const [before, here] = [history[place - 1], history[place]];
    if (before !== undefined && here !== undefined && before.timeMs < here.timeMs) {
      return history.toSorted((one, other) => other.timeMs - one.timeMs);
    }
  }
  return history;
}

/**
 * `latestDistinct` without what the model doesn't know. By numbers: remembering the texts of ids costs several times
 * as much as the few comparisons.
 */
function knownDeeds(model: Model, newestFirst: readonly HistoryEntry[]): Deeds {
  // Only where some are left out does it matter that unknown items count too.
  const candidates =
    newestFirst.length > RECENT_INTERACTIONS_MAX ? latestDistinct(newestFirst) : newestFirst;
  const positions = model.indexOf.ofAll(candidates);
  const entries: HistoryEntry[] = [];
  const sources = new Int32Array(candidates.length);
  const kinds = new Uint8Array(candidates.length);
  let count = 0;
  for (let place = 0; place < positions.length; place++) {
    const source = positions[place] as number;
    if (source < 0) continue;
    const entry = candidates[place] as HistoryEntry;
    const kind = kindNumbers[entry.kind];
    let at = 0;
    while (at < count && (sources[at] !== source || kinds[at] !== kind)) at++;
    if (at < count) continue;
    sources[count] = source;
    kinds[count] = kind;
    entries.push(entry);
    count++;
  }
  return { entries, sources: sources.subarray(0, count) };
}

const kindNumbers: Readonly<Record<HistoryEntry['kind'], number>> = {
  view: 0,
  cart: 1,
  uncart: 2,
  purchase: 3,
};

/**
 * Reads something of every line of memory in which the lists stand, all of them before the first is worked on: a
 * processor fetches such reads side by side, and else would wait for each list anew, for longer than it adds it up.
 */
function touch(model: Model, sources: Int32Array): number {
  const { offsets, indices, scores } = model.neighbours;
  let sum = 0;
  for (let place = 0; place < sources.length; place++) {
    const source = sources[place] as number;
    const end = offsets[source + 1] as number;
    for (let at = offsets[source] as number; at < end; at += NUMBERS_PER_LINE) {
      sum += (indices[at] as number) + (scores[at] as number);
    }
  }
  return sum;
}

/** Of four bytes in 64. */
const NUMBERS_PER_LINE = 16;

/** All neighbours together, however many of them are the same. */
function touchedMax({ neighbours: { offsets } }: Model, sources: Int32Array): number {
  let count = 0;
  for (let place = 0; place < sources.length; place++) {
    const source = sources[place] as number;
    count += (offsets[source + 1] as number) - (offsets[source] as number);
  }
  return count;
}

interface Into {
  readonly marks: Int32Array;
  readonly base: number;
  readonly columns: Columns;
}

/** One entry's share in the scores; gives how many items are touched by now. */
function addNeighbours(
  model: Model,
  into: Into,
  entry: { readonly source: number; readonly weight: number; readonly place: number },
  touchedBefore: number,
): number {
  const { offsets, indices, scores: similarities } = model.neighbours;
  const { marks, base } = into;
  const { indices: touched, scores, strongest, causes } = into.columns;
  const { source, weight, place } = entry;
  const end = offsets[source + 1] as number;
  let count = touchedBefore;
  for (let at = offsets[source] as number; at < end; at++) {
    const target = indices[at] as number;
    const contribution = weight * (similarities[at] as number);
    if (contribution === 0) continue;
    const isOther = target !== source;
    const slot = (marks[target] as number) - base;
    if (slot < 0) {
      marks[target] = base + count;
      touched[count] = target;
      scores[count] = contribution;
      strongest[count] = isOther && contribution > 0 ? contribution : 0;
      causes[count] = place;
      count++;
      continue;
    }
    scores[slot] = (scores[slot] as number) + contribution;
    if (isOther && contribution > (strongest[slot] as number)) {
      strongest[slot] = contribution;
      causes[slot] = place;
    }
  }
  return count;
}

/** What was bought already is lifted or dropped, once. */
function boostRepeats(
  { entries, sources }: Deeds,
  { marks, base, columns: { scores } }: Into,
  repeatBoost: number,
): void {
  for (const [place, { kind }] of entries.entries()) {
    if (kind !== 'purchase') continue;
    const at = (marks[sources[place] as number] as number) - base;
    if (at >= 0) scores[at] = (scores[at] as number) * repeatBoost;
  }
}

function scratchOf(model: Model): Scratch {
  const known = scratches.get(model.neighbours);
  if (known !== undefined) return known;
  const made: Scratch = {
    marks: new Int32Array(model.items.length),
    nextBase: 1,
    spare: undefined,
    last: undefined,
    touched: 0,
  };
  scratches.set(model.neighbours, made);
  return made;
}

/** Columns, and numbers for a request that touches so many items at most. */
function roomFor(
  scratch: Scratch,
  count: number,
): { readonly columns: Columns; readonly base: number } {
  if (scratch.nextBase + count > MARK_MAX) {
    scratch.marks.fill(0);
    scratch.nextBase = 1;
  }
  const base = scratch.nextBase;
  scratch.nextBase += count;
  const { spare } = scratch;
  scratch.spare = undefined;
  scratch.last = undefined;
  const isEnough = spare !== undefined && spare.indices.length >= count;
  return { columns: isEnough ? spare : columnsOf(count), base };
}

function columnsOf(count: number): Columns {
  // Room for others too, so that few requests need larger ones.
  const length = Math.max(COLUMN_LENGTH_MIN, 2 * count);
  return {
    indices: new Uint32Array(length),
    scores: new Float32Array(length),
    strongest: new Float32Array(length),
    causes: new Uint8Array(length),
  };
}

const COLUMN_LENGTH_MIN = 4_096;
