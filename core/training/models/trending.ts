/** Trending, the same for everybody: the rise of `../popularity.ts`; what falls has nothing to say. */
import type { Interactions } from '../interactions.ts';
import { trendingRise } from '../popularity.ts';
import { constantModel } from './popular.ts';
import type { TrainedModel } from './trained-model.ts';

/** Ages count from `asOfS`; nothing later is looked at. */
export function fitTrending(interactions: Interactions, asOfS: number): TrainedModel {
  const rise = trendingRise(interactions, asOfS);
  return constantModel(
    'trending',
    rise.map((value) => Math.max(0, value)),
  );
}
