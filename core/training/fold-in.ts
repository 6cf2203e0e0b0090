/**
 * score.ts for requests: the same scores, and for each item the entry of the history that spoke for it most,
 * in one pass over the customer's neighbours and in time that does not depend on the size of the catalogue.
 * The dense arrays are kept from one request to the next beside their model; of them only the places that
 * were touched are read and cleared. A property test ties the two.
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
  readonly scores: Float32Array;
  readonly touched: Uint32Array;
  /** Strongest contribution of another item's entry, and whose it is. */
  readonly strongest: Float32Array;
  readonly causes: Uint8Array;
}

const scratches = new WeakMap<Model['neighbours'], Scratch>();
/** No entry has this place: a history has RECENT_INTERACTIONS_MAX, 128, at most. */
const NONE = 255;

export function foldIn(model: Model, history: readonly HistoryEntry[], nowMs: number): FoldedIn {
  const scratch = scratchOf(model);
  const entries = latestDistinct(history);
  const referenceMs = Math.min(nowMs, entries[0]?.timeMs ?? nowMs);
  const { historyHalfLifeDays, repeatBoost } = model.parameters;
  let touchedCount = 0;
  for (let place = 0; place < entries.length; place++) {
    const entry = entries[place] as HistoryEntry;
    const source = model.indexOf.get(entry.itemId);
    const ageDays = Math.max(0, referenceMs - entry.timeMs) / DAY_MS;
    const weight = interactionWeights[entry.kind] * 0.5 ** (ageDays / historyHalfLifeDays);
    if (source === undefined || weight === 0) continue;
    touchedCount = addNeighbours(model, scratch, source, weight, place, touchedCount);
  }
  if (repeatBoost !== 1) {
    for (const { kind, itemId } of entries) {
      const index = kind === 'purchase' ? model.indexOf.get(itemId) : undefined;
      if (index !== undefined)
        scratch.scores[index] = (scratch.scores[index] as number) * repeatBoost;
    }
  }
  return takenOut(scratch, touchedCount, entries);
}

/** One entry's share in the scores; gives how many places are touched by now. */
function addNeighbours(
  model: Model,
  { scores, touched, strongest, causes }: Scratch,
  source: number,
  weight: number,
  place: number,
  touchedBefore: number,
): number {
  const { offsets, indices, scores: similarities } = model.neighbours;
  const end = offsets[source + 1] as number;
  let touchedCount = touchedBefore;
  for (let at = offsets[source] as number; at < end; at++) {
    const target = indices[at] as number;
    const contribution = weight * (similarities[at] as number);
    if (contribution === 0) continue;
    if (causes[target] === NONE) {
      touched[touchedCount++] = target;
      causes[target] = place;
    }
    scores[target] = (scores[target] as number) + contribution;
    if (target !== source && contribution > (strongest[target] as number)) {
      strongest[target] = contribution;
      causes[target] = place;
    }
  }
  return touchedCount;
}

/** Copies of what was touched, the scratch being clean again after. */
function takenOut(
  { scores, touched, strongest, causes }: Scratch,
  touchedCount: number,
  entries: readonly HistoryEntry[],
): FoldedIn {
  const taken = {
    indices: new Uint32Array(touchedCount),
    scores: new Float32Array(touchedCount),
    causes: new Uint8Array(touchedCount),
  };
  let count = 0;
  for (let at = 0; at < touchedCount; at++) {
    const index = touched[at] as number;
    const score = scores[index] as number;
    if (score > 0) {
      taken.indices[count] = index;
      taken.scores[count] = score;
      taken.causes[count] = causes[index] as number;
      count++;
    }
    scores[index] = 0;
    strongest[index] = 0;
    causes[index] = NONE;
  }
  return {
    indices: taken.indices.subarray(0, count),
    scores: taken.scores.subarray(0, count),
    causes: taken.causes.subarray(0, count),
    entries,
  };
}

function scratchOf(model: Model): Scratch {
  const known = scratches.get(model.neighbours);
  if (known !== undefined) return known;
  const { length } = model.items;
  const made: Scratch = {
    scores: new Float32Array(length),
    touched: new Uint32Array(length),
    strongest: new Float32Array(length),
    causes: new Uint8Array(length).fill(NONE),
  };
  scratches.set(model.neighbours, made);
  return made;
}
