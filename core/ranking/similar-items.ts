import { rank } from './ladder.ts';
import type { RankedItem, RankingRequest } from './ranking-request.ts';

/**
 * What goes with an item: what somebody would be recommended who has looked at nothing else, by the placement's
 * own rules and the model alone, without the item itself. Fewer than `limit` where the model knows no more.
 */
export function similarItems(
  request: Omit<RankingRequest, 'history'>,
  itemId: string,
): readonly RankedItem[] {
  const { placement, model, limit } = request;
  if (model === undefined) return [];
  const ranking = rank({
    ...request,
    placement: { ...placement, ladder: [{ kind: 'for-you' }] },
    history: [{ itemId, kind: 'view', timeMs: model.asOfMs }],
    limit: limit + 1,
  });
  return ranking.items.filter(({ item }) => item.itemId !== itemId).slice(0, limit);
}
