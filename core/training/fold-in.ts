/**
 * score.ts for requests: the same scores, and for each item the entry of the history that spoke for it most,
 * in one pass over the customer's neighbours and in time that does not depend on the size of the catalogue.
 * The lists and all that a request needs stand in the memory of a kernel, beside the model and used by one request after
 * the other. A property test ties the two.
 */
import { type FoldEntries, FoldInKernel } from '../../kernels/fold-in.ts';
import { RECENT_INTERACTIONS_MAX } from '../profile/profile.ts';
import { type HistoryEntry, interactionWeights, type Model } from './model.ts';
import { latestDistinct, recencyOf, referenceTime } from './score.ts';

/** Of the items that something spoke for, in no order; one place each in all columns. */
export interface TouchedItems {
  /** Positions in `model.items`. */
  readonly indices: Uint32Array;
  /** Above 0, but for what was bought already and is not to be bought again. */
  readonly scores: Float32Array;
  /** Position in `entries` of the strongest other item's entry, of the item's own where no other spoke. */
  readonly causes: Uint8Array;
}

/** What a fold was asked for; a history is the same for as long as it is the same object. */
interface Asked {
  readonly history: readonly HistoryEntry[];
  readonly nowMs: number;
  readonly parameters: Model['parameters'];
}

/**
 * A history folded in. It stands where the next one by the same lists will stand: whoever asks it behind that
 * is refused by an error.
 */
export class FoldedIn {
  /** Those of items that the model knows. */
  readonly entries: readonly HistoryEntry[];
  readonly #folding: Folding;
  readonly #count: number;

  constructor(folding: Folding, entries: readonly HistoryEntry[], count: number) {
    this.entries = entries;
    this.#folding = folding;
    this.#count = count;
  }

  /** Places of the best `wanted` (BEST_MAX of the kernel at most), of scores above 0; equal ones by item. */
  best(wanted: number): readonly number[] {
    return this.#kernel().best(this.#count, wanted);
  }

  touched(): TouchedItems {
    const { indices, scores, causes } = this.#kernel();
    const count = this.#count;
    return {
      indices: indices.subarray(0, count),
      scores: scores.subarray(0, count),
      causes: causes.subarray(0, count),
    };
  }

  /** Position in `model.items` of the item at a place. */
  indexAt(place: number): number {
    return this.#kernel().indices[place] as number;
  }

  scoreAt(place: number): number {
    return this.#kernel().scores[place] as number;
  }

  causeAt(place: number): number {
    return this.#kernel().causes[place] as number;
  }

  /** Position in `model.items` of the item of one of `entries`. */
  sourceOf(entry: number): number {
    return this.#kernel().entries.sources[entry] as number;
  }

  #kernel(): FoldInKernel {
    if (this.#folding.last?.folded === this) return this.#folding.kernel;
    throw new Error('another history was folded in since; fold this one in again');
  }
}

/** The kernel of a model's lists, and what stands in it: one answer asks twice, before and after it looks at the catalogue. */
interface Folding {
  readonly kernel: FoldInKernel;
  last: (Asked & { readonly folded: FoldedIn }) | undefined;
}

const foldings = new WeakMap<Model['neighbours'], Folding>();

/** In memory of the kernel's own; models that are decoded have their lists there already. */
export function foldIn(model: Model, history: readonly HistoryEntry[], nowMs: number): FoldedIn {
  const folding = foldingOf(model);
  const { last } = folding;
  const { parameters } = model;
  const isLast =
    last?.history === history && last.nowMs === nowMs && last.parameters === parameters;
  if (isLast) return last.folded;
  const newestFirst = sortedNewestFirst(history);
  const entries = writeEntries(folding.kernel.entries, model, newestFirst, nowMs);
  const folded = new FoldedIn(folding, entries, folding.kernel.fold(entries.length));
  folding.last = { history, nowMs, parameters, folded };
  return folded;
}

/** Makes a model ready for its first request, which else would wait for its lists to be looked through. */
export function prepareFoldIn(model: Pick<Model, 'neighbours'>): void {
  foldingOf(model);
}

function foldingOf({ neighbours }: Pick<Model, 'neighbours'>): Folding {
  const known = foldings.get(neighbours);
  if (known !== undefined) return known;
  const made = { kernel: new FoldInKernel(neighbours), last: undefined };
  foldings.set(neighbours, made);
  return made;
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

/** Where candidates' items are in the model; used anew by each history. */
const positions = new Int32Array(RECENT_INTERACTIONS_MAX);
/** Deeds by their hashes, a quarter full at most; 0 where none is. */
const taken = new Int32Array(4 * RECENT_INTERACTIONS_MAX);
const TAKEN_BITS = Math.log2(taken.length);

/**
 * `latestDistinct` without what the model doesn't know, with its weights. By numbers: remembering the texts of ids
 * costs several times as much.
 */
function writeEntries(
  { sources, weights, lifts }: FoldEntries,
  model: Model,
  newestFirst: readonly HistoryEntry[],
  nowMs: number,
): readonly HistoryEntry[] {
  const referenceMs = referenceTime(newestFirst, nowMs);
  // Only where some are left out does it matter that unknown items count too.
  const candidates =
    newestFirst.length > RECENT_INTERACTIONS_MAX ? latestDistinct(newestFirst) : newestFirst;
  const { repeatBoost } = model.parameters;
  model.indexOf.ofAll(candidates, positions);
  const entries: HistoryEntry[] = [];
  taken.fill(0);
  let count = 0;
  for (let place = 0; place < candidates.length; place++) {
    const source = positions[place] as number;
    if (source < 0) continue;
    const entry = candidates[place] as HistoryEntry;
    const kind = kindNumber(entry.kind);
    if (!takes(KINDS * source + kind + 1)) continue;
    sources[count] = source;
    weights[count] = (kindWeights[kind] as number) * recencyOf(model, entry, referenceMs);
    // What was bought already is lifted or dropped, once: of an item there is one purchase among the entries.
    lifts[count] = kind === PURCHASE ? repeatBoost : 1;
    entries.push(entry);
    count++;
  }
  return entries;
}

/** Whether a deed is the first of its number, above 0; it is taken then. */
function takes(deed: number): boolean {
  // Fibonacci hashing (Knuth, TAOCP 6.4) and linear probing.
  let slot = Math.imul(deed, 0x9e3779b1) >>> (32 - TAKEN_BITS);
  while (taken[slot] !== 0) {
    if (taken[slot] === deed) return false;
    slot = (slot + 1) % taken.length;
  }
  taken[slot] = deed;
  return true;
}

const PURCHASE = 3;
const KINDS = 4;
const kindWeights = Float64Array.of(
  interactionWeights.view,
  interactionWeights.cart,
  interactionWeights.uncart,
  interactionWeights.purchase,
);

/** By comparisons: looking a text up in an object takes ten times as long. */
function kindNumber(kind: HistoryEntry['kind']): number {
  if (kind === 'view') return 0;
  if (kind === 'purchase') return PURCHASE;
  return kind === 'cart' ? 1 : 2;
}
