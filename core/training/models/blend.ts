/**
 * Several models as one, over the candidates that the first one proposes, its CANDIDATES_MAX best:
 *
 *   score(j) = Σ_m share_m · score_m(j) / |score_m|
 *
 * with |·| the Euclidean length of a model's scores of the candidates, which makes models of different scales
 * speak alike. The others score the candidates alone, so that models of dense vectors cost little. O(first model +
 * candidates · factors) an answer.
 */
import { selectBest } from '../select-best.ts';
import type { History, TrainedModel } from './trained-model.ts';

export interface BlendPart {
  readonly model: TrainedModel;
  readonly share: number;
}

/** Beyond these what is on top of a blend changes no more, measured on Gowalla. */
export const CANDIDATES_MAX = 500;

/** `parts` has at least one; the first proposes. */
export function blendOf(
  parts: readonly [BlendPart, ...BlendPart[]],
  itemCount: number,
): TrainedModel {
  const [first] = parts;
  const room = new Float32Array(itemCount);
  const propose = (history: History): Uint32Array => {
    room.fill(0);
    first.model.score(history, room);
    return proposals(room, history);
  };
  const blended = (history: History, items: Uint32Array): Float32Array => {
    const sums = new Float32Array(items.length);
    for (const { model, share } of parts) {
      if (share !== 0) addScaled(sums, model.scoreItems(history, items), share);
    }
    return sums;
  };
  return {
    name: 'blend',
    sizeBytes: parts.reduce((sum, { model }) => sum + model.sizeBytes, 0),
    score: (history, scores) => {
      const items = propose(history);
      const sums = blended(history, items);
      for (let at = 0; at < items.length; at++) {
        const item = items[at] as number;
        scores[item] = (scores[item] as number) + (sums[at] as number);
      }
    },
    scoreItems: (history, items) => {
      const proposed = propose(history);
      const sums = blended(history, proposed);
      const scoreOf = new Map(Array.from(proposed, (item, at) => [item, sums[at] as number]));
      return Float32Array.from(items, (item) => scoreOf.get(item) ?? 0);
    },
    explain: (history, item) => {
      const byShare = parts.toSorted((one, other) => other.share - one.share);
      for (const { model } of byShare) {
        const reason = model.explain(history, item);
        if (reason !== undefined) return reason;
      }
      return undefined;
    },
  };
}

/** The best of a model's scores above 0, as many as may be wanted beside the history's own. */
export function proposals(scores: Float32Array, history: History): Uint32Array {
  const positive = new Uint32Array(scores.length);
  let count = 0;
  for (let item = 0; item < scores.length; item++) {
    if ((scores[item] as number) > 0) positive[count++] = item;
  }
  return selectBest(positive.subarray(0, count), scores, CANDIDATES_MAX + history.items.length);
}

/** sums += share · scores / |scores| */
export function addScaled(sums: Float32Array, scores: Float32Array, share: number): void {
  let squares = 0;
  for (const score of scores) squares += score * score;
  if (squares === 0) return;
  const factor = share / Math.sqrt(squares);
  for (let at = 0; at < sums.length; at++) {
    sums[at] = (sums[at] as number) + factor * (scores[at] as number);
  }
}
