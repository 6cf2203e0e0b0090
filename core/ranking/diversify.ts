import type { RankedItem } from './ranking-request.ts';

/**
 * Reorders a rung's candidates by boosts and by variety: maximal marginal relevance (Carbonell and
 * Goldstein: The use of MMR, diversity-based reranking for reordering documents and producing summaries,
 * SIGIR 1998). The next is always the one of the highest
 *
 *   (1 − diversity) · relevance(i) − diversity · max_{j chosen} similarity(i, j)
 *
 * where relevance is the rung's score times the item's factor, as a share of the rung's highest; of a rung
 * without scores (the newest deed first) 1, 1/2, 1/3 … by place; and similarity is 0.6 for the same
 * category and 0.4 for the same brand. O(n · chosen) over a pool of POOL_MAX at most.
 */
export function reordered(
  candidates: Iterable<RankedItem>,
  chosen: readonly RankedItem[],
  wanted: number,
  { diversity, factorOf }: { diversity: number; factorOf: (item: RankedItem['item']) => number },
): RankedItem[] {
  const pool: { readonly candidate: RankedItem; readonly relevance: number; nearest: number }[] =
    [];
  for (const candidate of candidates) {
    const base = candidate.score ?? 1 / (pool.length + 1);
    const relevance = base * factorOf(candidate.item);
    const nearest = Math.max(0, ...chosen.map((other) => similarity(candidate, other)));
    pool.push({ candidate, relevance, nearest });
    if (pool.length === POOL_MAX) break;
  }
  const highest = Math.max(Number.MIN_VALUE, ...pool.map(({ relevance }) => relevance));
  const order: RankedItem[] = [];
  while (pool.length > 0 && order.length < wanted) {
    let best = 0;
    let bestWorth = -Infinity;
    for (const [place, { relevance, nearest }] of pool.entries()) {
      const worth = (1 - diversity) * (relevance / highest) - diversity * nearest;
      if (worth > bestWorth) [best, bestWorth] = [place, worth];
    }
    const [taken] = pool.splice(best, 1);
    if (taken === undefined) break;
    order.push(taken.candidate);
    for (const left of pool) {
      left.nearest = Math.max(left.nearest, similarity(left.candidate, taken.candidate));
    }
  }
  // What nobody asked for yet stays in its order, for when the rules leave out some of the others.
  return [...order, ...pool.map(({ candidate }) => candidate)];
}

/** Candidates of a rung among which boosts and variety choose: four of the longest answers. */
export const POOL_MAX = 96;

const CATEGORY_SHARE = 0.6;
const BRAND_SHARE = 0.4;

function similarity({ item: a }: RankedItem, { item: b }: RankedItem): number {
  const category = a.category !== '' && a.category === b.category ? CATEGORY_SHARE : 0;
  return category + (a.brand !== '' && a.brand === b.brand ? BRAND_SHARE : 0);
}
