/**
 * Scoring by lists of neighbours: score(j) = Σ over items i of the history of w_i · s(i→j). All models that
 * come down to item–item lists share it. O(history · neighbours).
 */
import type { Neighbours } from '../../../kernels/cooccurrence.ts';
import type { History, ModelName, TrainedModel } from './trained-model.ts';

export function itemListModel(name: ModelName, lists: Neighbours): TrainedModel {
  const { offsets, indices, scores } = lists;
  const score = (history: History, sums: Float32Array) => {
    for (let at = 0; at < history.items.length; at++) {
      const item = history.items[at] as number;
      const weight = history.weights[at] as number;
      const end = offsets[item + 1] as number;
      for (let place = offsets[item] as number; place < end; place++) {
        const target = indices[place] as number;
        sums[target] = (sums[target] as number) + weight * (scores[place] as number);
      }
    }
  };
  return {
    name,
    sizeBytes: offsets.byteLength + indices.byteLength + scores.byteLength,
    score,
    scoreItems: scoredAmongAll(score, offsets.length - 1),
    explain: (history, item) => strongest(history, item, (from) => listed(lists, from, item)),
  };
}

/** `scoreItems` of a model that can but score all items. */
export function scoredAmongAll(
  score: TrainedModel['score'],
  itemCount: number,
): TrainedModel['scoreItems'] {
  const room = new Float32Array(itemCount);
  return (history, items) => {
    room.fill(0);
    score(history, room);
    return Float32Array.from(items, (item) => room[item] as number);
  };
}

/** The item of the history with the greatest contribution above 0, another before `item` itself. */
export function strongest(
  history: History,
  item: number,
  contributionOf: (from: number) => number,
): number | undefined {
  let best: number | undefined;
  let bestValue = 0;
  let isOwn = false;
  for (let at = 0; at < history.items.length; at++) {
    const from = history.items[at] as number;
    const value = (history.weights[at] as number) * contributionOf(from);
    if (!(value > 0)) continue;
    if (from === item) isOwn = true;
    else if (value > bestValue) {
      best = from;
      bestValue = value;
    }
  }
  return best ?? (isOwn ? item : undefined);
}

/**
 * Each score to the power of `sharpness`, relative to the greatest of all: above 1 the few strong neighbours
 * count for more against the many weak ones. Orders within a list stay.
 */
export function sharpened(lists: Neighbours, sharpness: number): Neighbours {
  if (sharpness === 1) return lists;
  const greatest = lists.scores.reduce((most, score) => Math.max(most, score), 0);
  if (greatest === 0) return lists;
  const scores = lists.scores.map((score) => (score / greatest) ** sharpness);
  return { ...lists, scores };
}

function listed({ offsets, indices, scores }: Neighbours, from: number, item: number): number {
  const end = offsets[from + 1] as number;
  for (let place = offsets[from] as number; place < end; place++) {
    if (indices[place] === item) return scores[place] as number;
  }
  return 0;
}
