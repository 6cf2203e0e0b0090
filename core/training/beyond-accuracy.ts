/**
 * What rankings do besides being right.
 *
 *   coverage  share of the catalogue that anybody is shown
 *   Gini      of how often items are shown, over all items: 0 when all are shown alike, near 1 when a few take all
 *   novelty   mean of −log2 p_j over the places, p_j the share of customers who had item j before: bits of surprise
 *   rungs     share of the places that the model fills, and of those that the next rung, popularity, has to
 *
 * Coverage and Gini: Herlocker et al., TOIS 2004; novelty: Zhou et al., PNAS 2010.
 */
import * as z from 'zod';
import type { EvaluationCase, ShownItems } from './evaluation.ts';

export const beyondAccuracy = z.strictObject({
  coverage: z.number(),
  gini: z.number(),
  noveltyBits: z.number(),
  rungs: z.strictObject({ personal: z.number(), popular: z.number() }),
});
export type BeyondAccuracy = Readonly<z.infer<typeof beyondAccuracy>>;

export function beyondAccuracyOf(
  shown: ShownItems,
  cases: readonly EvaluationCase[],
): BeyondAccuracy {
  const places = shown.rankings.reduce((sum, ranking) => sum + ranking.length, 0);
  const itemCount = shown.counts.length;
  const personal = places === 0 ? 0 : shown.placesByModel / places;
  return {
    coverage: itemCount === 0 ? 0 : distinctItems(shown) / itemCount,
    gini: giniOf(shown.counts),
    noveltyBits: places === 0 ? 0 : surprise(shown, cases) / places,
    rungs: { personal, popular: places === 0 ? 0 : 1 - personal },
  };
}

export function distinctItems({ counts }: ShownItems): number {
  return counts.reduce((distinct, count) => distinct + (count > 0 ? 1 : 0), 0);
}

/** Mean share of a ranking's items that the other's ranking for the same customer has too. */
export function overlapOf(one: ShownItems, other: ShownItems): number {
  let sum = 0;
  for (const [at, ranking] of one.rankings.entries()) {
    const others = new Set(other.rankings[at] ?? []);
    if (ranking.length > 0)
      sum += ranking.filter((item) => others.has(item)).length / ranking.length;
  }
  return one.rankings.length === 0 ? 0 : sum / one.rankings.length;
}

/** Σ_r (2r − n − 1) · x_r ÷ (n · Σ x), with x in ascending order and r from 1. */
export function giniOf(counts: Uint32Array): number {
  const sorted = counts.toSorted();
  const total = sorted.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const weighted = sorted.reduce(
    (sum, count, at) => sum + (2 * (at + 1) - sorted.length - 1) * count,
    0,
  );
  return weighted / (sorted.length * total);
}

/** Σ over the places of −log2 p; an item that none of the customers had counts as half a customer's. */
function surprise({ counts }: ShownItems, cases: readonly EvaluationCase[]): number {
  const owners = new Float64Array(counts.length);
  for (const { known } of cases) for (const item of known) owners[item] = (owners[item] ?? 0) + 1;
  return counts.reduce((sum, count, item) => {
    if (count === 0) return sum;
    return sum - count * Math.log2(Math.max(owners[item] ?? 0, 0.5) / Math.max(cases.length, 1));
  }, 0);
}
