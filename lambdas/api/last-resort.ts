import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Placements } from '../../core/blocks/bundled-placements.ts';
import { composeRecommendation } from '../../core/blocks/compose.ts';
import { requestedLimit } from '../../core/ranking/requested-limit.ts';
import { placementId } from '../../core/ranking/strategy.ts';
import type { Answer } from './recommend.ts';

/**
 * The placement's static content and nothing else, for when the way of an answer broke where nobody
 * foresaw it. It needs no store, no model and no customer.
 */
export function lastResort(
  event: APIGatewayProxyEvent,
  placements: Placements,
  asked: { readonly placement: string },
  nowMs: number,
): Answer {
  const placement = placements.find(asked.placement) ?? placements.fallback;
  const { limit } = requestedLimit(event.queryStringParameters?.limit, placement.limit);
  const recommendation = composeRecommendation({
    placement: placementId.safeParse(asked.placement).data ?? '',
    customer: '',
    notes: ['this answer could not be made as usual'],
    ranking: {
      placement,
      content: placements.contentOf(placement),
      limit,
      nowMs,
      model: undefined,
      history: [],
      liveItems: new Map(),
    },
  });
  return {
    recommendation,
    // Kept by nobody: the next fetch may fare better.
    placement: { ...placement, maxAgeSeconds: 0 },
    facts: {
      isUnknownPlacement: false,
      isUnknownCustomer: false,
      isFallback: true,
      modelAgeHours: undefined,
      unavailable: [],
    },
    durationsMs: {},
  };
}
