/**
 * Finds the shares of a blend on the validation part. Each member's best candidates of each judged customer are
 * scored once and kept, so that a trial of other shares costs no more than sorting them again.
 */
import { coordinateSearch } from '../coordinate-search.ts';
import { lengthOf } from '../models/blend.ts';
import { historyOfRow, type TrainedModel } from '../models/trained-model.ts';
import { judgeRanking, topItems } from './ranking-accuracy.ts';
import type { TuningPart } from './tuning-part.ts';

/** Of a member and customer. What none of the members has among its best is not on top of their blend. */
const CANDIDATES = 150;
const SHARES = [0, 0.1, 0.25, 0.5, 0.75, 1];
/** Shares are few and their trials paired, so that less is noise than between models. */
const SHARE_GAIN_MIN = 0.004;
const PASSES_MAX = 2;

/** Per judged customer: candidates, and each member's scores of them, of length 1 over all items. */
interface Candidates {
  readonly items: Uint32Array;
  readonly scores: readonly Float32Array[];
  readonly targets: Uint32Array;
}

/** One share a member, the first member's being 1; 0 for one that doesn't help. */
export async function blendShares(
  members: readonly TrainedModel[],
  part: TuningPart,
  size: number,
  objectiveOf: (figures: { recall: number; ndcg: number }) => number,
): Promise<number[]> {
  const candidates = part.judged.map((row) => candidatesOf(members, part, row));
  const names = members.map((_, member) => `m${member}`);
  const start = Object.fromEntries(names.map((name, member) => [name, member === 0 ? 1 : 0]));
  const { best } = await coordinateSearch({
    start,
    grids: names.slice(1).map((name) => [name, SHARES] as const),
    departureGainMin: SHARE_GAIN_MIN,
    gainMin: SHARE_GAIN_MIN,
    passesMax: PASSES_MAX,
    trialsMax: Number.POSITIVE_INFINITY,
    isOutOfTime: () => false,
    attempt: async (shares) =>
      objectiveOf(
        meanFigures(
          candidates,
          names.map((name) => shares[name] ?? 0),
          size,
        ),
      ),
  });
  return names.map((name) => best.parameters[name] ?? 0);
}

function candidatesOf(members: readonly TrainedModel[], part: TuningPart, row: number): Candidates {
  const { train, validation } = part;
  const history = historyOfRow(train, row);
  const dense = members.map((member) => {
    const scores = new Float32Array(train.matrix.columnCount);
    member.score(history, scores);
    const length = lengthOf(scores) || 1;
    for (const item of history.items) scores[item] = Number.NEGATIVE_INFINITY;
    return { scores, length };
  });
  const union = new Set<number>();
  for (const { scores } of dense) for (const item of topItems(scores, CANDIDATES)) union.add(item);
  const items = Uint32Array.from(union);
  return {
    items,
    scores: dense.map(({ scores, length }) =>
      Float32Array.from(items, (item) => (scores[item] as number) / length),
    ),
    targets: validation.columns.subarray(validation.offsets[row], validation.offsets[row + 1]),
  };
}

function meanFigures(
  candidates: readonly Candidates[],
  shares: readonly number[],
  size: number,
): { recall: number; ndcg: number } {
  let recall = 0;
  let ndcg = 0;
  for (const { items, scores, targets } of candidates) {
    const blended = new Float32Array(items.length);
    for (const [member, share] of shares.entries()) {
      const own = scores[member];
      if (share === 0 || own === undefined) continue;
      for (let at = 0; at < blended.length; at++) {
        blended[at] = (blended[at] as number) + share * (own[at] as number);
      }
    }
    const ranking = topItems(blended, size).map((place) => items[place] as number);
    const judged = judgeRanking(ranking, targets, size);
    recall += judged.recall;
    ndcg += judged.ndcg;
  }
  const count = Math.max(1, candidates.length);
  return { recall: recall / count, ndcg: ndcg / count };
}
