/**
 * Several models as one: score(j) = Σ_m share_m · score_m(j) / |score_m|, with |·| the Euclidean length of a
 * model's scores for the customer, which makes models of different scales speak alike.
 */
import type { History, TrainedModel } from './trained-model.ts';

export interface BlendPart {
  readonly model: TrainedModel;
  readonly share: number;
}

export function blendOf(parts: readonly BlendPart[], itemCount: number): TrainedModel {
  const room = new Float32Array(itemCount);
  const lengthFor = (model: TrainedModel, history: History): number => {
    room.fill(0);
    model.score(history, room);
    return lengthOf(room);
  };
  return {
    name: 'blend',
    sizeBytes: parts.reduce((sum, { model }) => sum + model.sizeBytes, 0),
    score: (history, scores) => {
      for (const { model, share } of parts) {
        const length = lengthFor(model, history);
        if (length === 0) continue;
        const factor = share / length;
        for (let item = 0; item < itemCount; item++) {
          scores[item] = (scores[item] as number) + factor * (room[item] as number);
        }
      }
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

/** √Σ score²; scores are 0 for most items of sparse models. */
export function lengthOf(scores: Float32Array): number {
  let sum = 0;
  for (const score of scores) sum += score * score;
  return Math.sqrt(sum);
}
