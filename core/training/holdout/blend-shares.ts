/**
 * Finds the shares of a blend on the validation part. The candidates that the first member proposes to each judged
 * customer are scored by all members once and kept, so that a trial of other shares costs no more than sorting them
 * again.
 */
import { coordinateSearch } from '../coordinate-search.ts';
import { addScaled, proposals } from '../models/blend.ts';
import { historyOfRow, type TrainedModel } from '../models/trained-model.ts';
import { topItems } from '../top-items.ts';
import { judgeRanking } from './ranking-accuracy.ts';
import type { TuningPart } from './tuning-part.ts';

const SHARES = [0, 0.25, 0.5, 1, 2];
/** As between parameters, a start is left for a clear gain alone: see tune-recipe.ts. */
const DEPARTURE_GAIN_MIN = 0.04;
const GAIN_MIN = 0.004;
const PASSES_MAX = 2;

/** Per judged customer: what may be ranked, and each member's scores of it. */
interface Candidates {
  readonly isKnown: Uint8Array;
  readonly items: Uint32Array;
  readonly scores: readonly Float32Array[];
  readonly targets: Uint32Array;
}

export interface ShareSearch {
  readonly members: readonly TrainedModel[];
  /** One a member; the first's stays. */
  readonly start: readonly number[];
  readonly part: TuningPart;
  readonly size: number;
  readonly objectiveOf: (figures: { recall: number; ndcg: number }) => number;
}

/** One share a member, and what the blend is worth; 0 is the share of one that doesn't help. */
export async function blendShares(
  search: ShareSearch,
): Promise<{ readonly shares: number[]; readonly objective: number }> {
  const { members, part, size, objectiveOf } = search;
  const candidates = part.judged.map((row) => candidatesOf(members, part, row));
  const names = members.map((_, member) => `m${member}`);
  const sharesOf = (parameters: Readonly<Record<string, number>>) =>
    names.map((name) => parameters[name] ?? 0);
  const { best } = await coordinateSearch<Readonly<Record<string, number>>>({
    start: Object.fromEntries(names.map((name, member) => [name, search.start[member] ?? 0])),
    grids: names.slice(1).map((name) => [name, SHARES] as const),
    departureGainMin: DEPARTURE_GAIN_MIN,
    gainMin: GAIN_MIN,
    passesMax: PASSES_MAX,
    trialsMax: Number.POSITIVE_INFINITY,
    isOutOfTime: () => false,
    attempt: async (shares) => objectiveOf(meanFigures(candidates, sharesOf(shares), size)),
  });
  return { shares: sharesOf(best.parameters), objective: best.objective };
}

function candidatesOf(members: readonly TrainedModel[], part: TuningPart, row: number): Candidates {
  const { train, validation } = part;
  const history = historyOfRow(train, row);
  const scores = new Float32Array(train.matrix.columnCount);
  members[0]?.score(history, scores);
  const items = proposals(scores, history);
  const known = new Set(history.items);
  return {
    items,
    isKnown: Uint8Array.from(items, (item) => (known.has(item) ? 1 : 0)),
    scores: members.map((member) => member.scoreItems(history, items)),
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
  for (const { items, isKnown, scores, targets } of candidates) {
    const blended = new Float32Array(items.length);
    for (const [member, share] of shares.entries()) {
      const own = scores[member];
      if (share !== 0 && own !== undefined) addScaled(blended, own, share);
    }
    for (let at = 0; at < blended.length; at++) {
      if (isKnown[at] === 1) blended[at] = Number.NEGATIVE_INFINITY;
    }
    const ranking = topItems(blended, size).map((place) => items[place] as number);
    const judged = judgeRanking(ranking, targets, size);
    recall += judged.recall;
    ndcg += judged.ndcg;
  }
  const count = Math.max(1, candidates.length);
  return { recall: recall / count, ndcg: ndcg / count };
}
