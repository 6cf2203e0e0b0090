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
/** Others' shares are relative to the first's, which speaks or proposes alone. */
const FIRST_SHARES = [0, 1];
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
  /** One a member. */
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
  const attempt = (shares: readonly number[]) => objectiveOf(meanFigures(candidates, shares, size));
  const start = startOf(search.start, attempt);
  const { best } = await coordinateSearch<Readonly<Record<string, number>>>({
    start: Object.fromEntries(names.map((name, member) => [name, start.shares[member] ?? 0])),
    grids: names.map((name, member) => [name, member === 0 ? FIRST_SHARES : SHARES] as const),
    departureGainMin: start.isAlone ? GAIN_MIN : DEPARTURE_GAIN_MIN,
    gainMin: GAIN_MIN,
    passesMax: PASSES_MAX,
    trialsMax: Number.POSITIVE_INFINITY,
    isOutOfTime: () => false,
    attempt: async (shares) => attempt(names.map((name) => shares[name] ?? 0)),
  });
  return {
    shares: names.map((name) => best.parameters[name] ?? 0),
    objective: best.objective,
  };
}

/** The given shares, or the one member alone that is clearly better than they are. */
function startOf(
  given: readonly number[],
  attempt: (shares: readonly number[]) => number,
): { readonly shares: readonly number[]; readonly isAlone: boolean } {
  let best = { shares: given, isAlone: false };
  let toBeat = attempt(given) + DEPARTURE_GAIN_MIN;
  for (const member of given.keys()) {
    const shares = given.map((_, at) => (at === member ? 1 : 0));
    const objective = attempt(shares);
    if (objective <= toBeat) continue;
    best = { shares, isAlone: true };
    toBeat = objective;
  }
  return best;
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
