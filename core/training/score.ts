/**
 * Fold-in: scores for one customer from their history and the model, without any stored
 * per-customer factors, so that an event counts in the very next answer.
 *
 *   score(j) = r_j · Σ_h w(kind_h) · 0.5^(age_h / historyHalfLifeDays) · s(item_h → j)
 *
 * where age_h counts back from the customer's own newest entry: a factor common to all entries
 * changes no order, and a customer who returns after years would else round to nothing,
 * over the customer's latest RECENT_INTERACTIONS_MAX distinct (item, kind) pairs h; s(i→j) are the
 * model's neighbour scores, s(i→i) included; r_j = repeatBoost where the customer has bought j,
 * else 1. Scores order the items of one customer; they are no probabilities and do not compare
 * between customers or models. O(history · neighboursMax), on plain typed arrays.
 */
import { RECENT_INTERACTIONS_MAX } from '../profile/profile.ts';
import { type HistoryEntry, interactionWeights, type Model } from './model.ts';

export const DAY_MS = 86_400_000;

/**
 * Dense scores over `model.items`, 0 where nothing in the history speaks for the item. Entries about
 * items that the model does not know are ignored. `history` may stand in any order.
 */
export function scoreHistory(
  model: Model,
  history: readonly HistoryEntry[],
  nowMs: number,
): Float32Array {
  const scores = new Float32Array(model.items.length);
  const { offsets, indices, scores: similarities } = model.neighbours;
  const entries = latestDistinct(history);
  const referenceMs = referenceTime(entries, nowMs);
  for (const entry of entries) {
    const source = model.indexOf.get(entry.itemId);
    const weight = entryWeight(model, entry, referenceMs);
    if (source === undefined || weight === 0) continue;
    const end = offsets[source + 1] as number;
    for (let at = offsets[source] as number; at < end; at++) {
      const target = indices[at] as number;
      scores[target] = (scores[target] as number) + weight * (similarities[at] as number);
    }
  }
  boostRepeats(model, entries, scores);
  return scores;
}

/**
 * The entry of the history that contributed most to the score of `itemIndex`, another item's before
 * the item's own; undefined where none did.
 */
export function explain(
  model: Model,
  history: readonly HistoryEntry[],
  itemIndex: number,
  nowMs: number,
): HistoryEntry | undefined {
  let best: HistoryEntry | undefined;
  let bestRank = 0;
  let own: HistoryEntry | undefined;
  const entries = latestDistinct(history);
  const referenceMs = referenceTime(entries, nowMs);
  for (const entry of entries) {
    const source = model.indexOf.get(entry.itemId);
    if (source === undefined) continue;
    const contribution =
      entryWeight(model, entry, referenceMs) * similarityOf(model, source, itemIndex);
    if (contribution <= 0) continue;
    if (source === itemIndex) own ??= entry;
    else if (contribution > bestRank) {
      best = entry;
      bestRank = contribution;
    }
  }
  return best ?? own;
}

/**
 * The newest RECENT_INTERACTIONS_MAX distinct (item, kind) pairs, newest first: what a profile
 * remembers, and therefore all that training's evaluation may use of a customer.
 */
export function latestDistinct(history: readonly HistoryEntry[]): HistoryEntry[] {
  const newestFirst = history.toSorted((one, other) => other.timeMs - one.timeMs);
  // Kinds by item, a bit each: joining the two to one text for each entry costs more than all the rest here.
  const seen = new Map<string, number>();
  const kept: HistoryEntry[] = [];
  for (const entry of newestFirst) {
    const kinds = seen.get(entry.itemId) ?? 0;
    const kind = kindBits[entry.kind];
    if ((kinds & kind) !== 0) continue;
    seen.set(entry.itemId, kinds | kind);
    kept.push(entry);
    if (kept.length === RECENT_INTERACTIONS_MAX) break;
  }
  return kept;
}

const kindBits: Readonly<Record<HistoryEntry['kind'], number>> = {
  view: 1,
  cart: 2,
  uncart: 4,
  purchase: 8,
};

/** From when ages count: the newest entry, but never the future of a clock that runs ahead. */
export function referenceTime(newestFirst: readonly HistoryEntry[], nowMs: number): number {
  return Math.min(nowMs, newestFirst[0]?.timeMs ?? nowMs);
}

/** Weight of one entry. */
function entryWeight(model: Model, entry: HistoryEntry, referenceMs: number): number {
  return interactionWeights[entry.kind] * recencyOf(model, entry, referenceMs);
}

/**
 * How much of an entry's weight its age has left, at most 1: one from after the reference time counts as new. 0.5^x as
 * e^(−x ln 2), which takes half as long: the longest of all arithmetic for one entry.
 */
export function recencyOf(
  { parameters: { historyHalfLifeDays } }: Model,
  { timeMs }: HistoryEntry,
  referenceMs: number,
): number {
  const ageDays = Math.max(0, referenceMs - timeMs) / DAY_MS;
  return Math.exp((ageDays / historyHalfLifeDays) * -Math.LN2);
}

function boostRepeats(model: Model, entries: readonly HistoryEntry[], scores: Float32Array): void {
  const { repeatBoost } = model.parameters;
  if (repeatBoost === 1) return;
  for (const entry of entries) {
    const index = entry.kind === 'purchase' ? model.indexOf.get(entry.itemId) : undefined;
    if (index !== undefined) scores[index] = (scores[index] as number) * repeatBoost;
  }
}

function similarityOf(model: Model, source: number, target: number): number {
  const { offsets, indices, scores } = model.neighbours;
  const end = offsets[source + 1] as number;
  for (let at = offsets[source] as number; at < end; at++) {
    if (indices[at] === target) return scores[at] as number;
  }
  return 0;
}
