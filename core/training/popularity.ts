/**
 * The baselines, which are also the ladder's lower rungs.
 *
 *   popular(j)  = Σ over interactions with j of w(kind) · e^(−age / 14 days)
 *   trending(j) = (n − m) / √(m + 1),  n: weight in the last 7 days,
 *                                      m: a week's share of the weight in the 28 days before
 *
 * Ages count from `asOfS`; nothing later is looked at. One pass, O(interactions). The time constant,
 * not the half-life, is 14 days: of the two it is the stronger baseline on real orders.
 */
import { type Interactions, kindWeights } from './interactions.ts';

export const DAY_S = 86_400;
export const POPULARITY_TIME_CONSTANT_DAYS = 14;
const TRENDING_RECENT_DAYS = 7;
const TRENDING_BEFORE_DAYS = 28;

export function decayedPopularity(interactions: Interactions, asOfS: number): Float32Array {
  const { items, kinds, timesS, itemCount } = interactions;
  const popular = new Float64Array(itemCount);
  for (let row = 0; row < items.length; row++) {
    const ageDays = (asOfS - (timesS[row] as number)) / DAY_S;
    if (ageDays < 0) continue;
    const item = items[row] as number;
    const weight = kindWeights[kinds[row] as number] as number;
    popular[item] =
      (popular[item] as number) + weight * Math.exp(-ageDays / POPULARITY_TIME_CONSTANT_DAYS);
  }
  return Float32Array.from(popular);
}

export function trendingRise(interactions: Interactions, asOfS: number): Float32Array {
  const { items, kinds, timesS, itemCount } = interactions;
  const recent = new Float64Array(itemCount);
  const before = new Float64Array(itemCount);
  for (let row = 0; row < items.length; row++) {
    const ageDays = (asOfS - (timesS[row] as number)) / DAY_S;
    if (ageDays < 0 || ageDays >= TRENDING_RECENT_DAYS + TRENDING_BEFORE_DAYS) continue;
    const sums = ageDays < TRENDING_RECENT_DAYS ? recent : before;
    const item = items[row] as number;
    sums[item] = (sums[item] as number) + (kindWeights[kinds[row] as number] as number);
  }
  return Float32Array.from(recent, (weight, item) => {
    const expected = ((before[item] as number) * TRENDING_RECENT_DAYS) / TRENDING_BEFORE_DAYS;
    return (weight - expected) / Math.sqrt(expected + 1);
  });
}
