/**
 * score.ts for requests: the same scores, and for each item the entry of the history that spoke for it most,
 * in one pass over the customer's neighbours and in time that does not depend on the size of the catalogue.
 * One dense array, kept from one request to the next beside its model, numbers the items that a request touches;
 * all else stands in columns of only those, which stay in the processor's nearest cache. A property test ties the two.
 */
import { type HistoryEntry, interactionWeights, type Model } from './model.ts';
import { DAY_MS, latestDistinct } from './score.ts';

/** Items with a positive score, in no order; one place each in all columns. */
export interface FoldedIn {
  /** Positions in `model.items`. */
  readonly indices: Uint32Array;
  readonly scores: Float32Array;
  /** Position in `entries` of the strongest other item's entry, of the item's own where no other spoke. */
  readonly causes: Uint8Array;
  readonly entries: readonly HistoryEntry[];
}

interface Scratch {
  /**
   * By item: where it stands in the columns, counted from the request's own `base`. What is below belongs to a
   * request before, so that nothing has to be cleared.
   */
  readonly marks: Int32Array;
  /** The first number that no request has used. */
  nextBase: number;
}

/** One place for each item touched so far. */
interface Columns {
  readonly indices: Uint32Array;
  readonly scores: Float32Array;
  /** Strongest contribution of another item's entry, and whose it is. */
  readonly strongest: Float32Array;
  readonly causes: Uint8Array;
}

const scratches = new WeakMap<Model['neighbours'], Scratch>();
const MARK_MAX = 2 ** 31 - 1;

export function foldIn(model: Model, history: readonly HistoryEntry[], nowMs: number): FoldedIn {
  const entries = latestDistinct(history);
  const sources = entries.map(({ itemId }) => model.indexOf.get(itemId));
  const columns = columnsFor(model, sources);
  const { marks, base } = marksOf(model, columns.indices.length);
  const referenceMs = Math.min(nowMs, entries[0]?.timeMs ?? nowMs);
  const { historyHalfLifeDays, repeatBoost } = model.parameters;
  let count = 0;
  for (let place = 0; place < entries.length; place++) {
    const entry = entries[place] as HistoryEntry;
    const source = sources[place];
    const ageDays = Math.max(0, referenceMs - entry.timeMs) / DAY_MS;
    const weight = interactionWeights[entry.kind] * 0.5 ** (ageDays / historyHalfLifeDays);
    if (source === undefined || weight === 0) continue;
    count = addNeighbours(model, { marks, base, columns }, { source, weight, place }, count);
  }
  if (repeatBoost !== 1) {
    const { scores } = columns;
    for (const [place, { kind }] of entries.entries()) {
      const source = kind === 'purchase' ? sources[place] : undefined;
      const at = source === undefined ? -1 : (marks[source] as number) - base;
      if (at >= 0) scores[at] = (scores[at] as number) * repeatBoost;
    }
  }
  return positive(columns, count, entries);
}

/** One entry's share in the scores; gives how many items are touched by now. */
function addNeighbours(
  model: Model,
  into: { readonly marks: Int32Array; readonly base: number; readonly columns: Columns },
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
    let slot = (marks[target] as number) - base;
    if (slot < 0) {
      slot = count++;
      marks[target] = base + slot;
      touched[slot] = target;
      causes[slot] = place;
    }
    scores[slot] = (scores[slot] as number) + contribution;
    if (target !== source && contribution > (strongest[slot] as number)) {
      strongest[slot] = contribution;
      causes[slot] = place;
    }
  }
  return count;
}

/** The columns without what came out at zero or below. */
function positive(
  { indices, scores, causes }: Columns,
  touchedCount: number,
  entries: readonly HistoryEntry[],
): FoldedIn {
  let count = 0;
  for (let at = 0; at < touchedCount; at++) {
    if (!((scores[at] as number) > 0)) continue;
    indices[count] = indices[at] as number;
    scores[count] = scores[at] as number;
    causes[count] = causes[at] as number;
    count++;
  }
  return {
    indices: indices.subarray(0, count),
    scores: scores.subarray(0, count),
    causes: causes.subarray(0, count),
    entries,
  };
}

/** As long as all neighbours together, however many of them are the same. */
function columnsFor(
  { neighbours: { offsets } }: Model,
  sources: readonly (number | undefined)[],
): Columns {
  let length = 0;
  for (const source of sources) {
    if (source !== undefined)
      length += (offsets[source + 1] as number) - (offsets[source] as number);
  }
  return {
    indices: new Uint32Array(length),
    scores: new Float32Array(length),
    strongest: new Float32Array(length),
    causes: new Uint8Array(length),
  };
}

/** The model's marks, and numbers for a request that touches so many items at most. */
function marksOf(
  model: Model,
  count: number,
): { readonly marks: Int32Array; readonly base: number } {
  let scratch = scratches.get(model.neighbours);
  if (scratch === undefined) {
    scratch = { marks: new Int32Array(model.items.length), nextBase: 1 };
    scratches.set(model.neighbours, scratch);
  }
  if (scratch.nextBase + count > MARK_MAX) {
    scratch.marks.fill(0);
    scratch.nextBase = 1;
  }
  const base = scratch.nextBase;
  scratch.nextBase += count;
  return { marks: scratch.marks, base };
}
