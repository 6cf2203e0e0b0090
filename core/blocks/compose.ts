import { type Ranking, rank } from '../ranking/ladder.ts';
import type { RankingRequest } from '../ranking/ranking-request.ts';
import type { Assignment } from '../ranking/variant.ts';
import { presentItems } from './present.ts';
import type { Recommendation } from './recommendation.ts';

export interface Composition {
  /** The id to answer to, which may differ from the placement's own where nobody defined it. */
  readonly placement: string;
  /** What may be repeated of the customer key; empty where nothing may. */
  readonly customer: string;
  /** What a reader of the answer should know besides, such as that the customer is unknown. */
  readonly notes: readonly string[];
  /** Which variant of which experiment the customer is shown; absent where none runs. */
  readonly assignment?: Assignment | undefined;
  readonly ranking: RankingRequest;
}

/** Ranks and writes the answer of GET /v1/recommendations/{placement}. */
export function composeRecommendation(composition: Composition): Recommendation {
  return writtenRecommendation(composition, rank(composition.ranking));
}

/** The answer that a ranking makes. */
export function writtenRecommendation(composition: Composition, ranked: Ranking): Recommendation {
  const { ranking, assignment } = composition;
  return {
    placement: composition.placement,
    customer: composition.customer.toWellFormed(),
    source: ranked.source,
    reason: [ranked.reason, ...composition.notes].join('; '),
    model: ranking.model?.id ?? '',
    experiment: assignment?.experiment ?? '',
    variant: assignment?.variant ?? '',
    position: assignment?.overrides?.position ?? null,
    generated_at: new Date(ranking.nowMs).toISOString(),
    items: presentItems(ranked.items, ranking.placement),
  };
}
