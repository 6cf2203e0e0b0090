import { rank } from '../../core/ranking/ladder.ts';
import { LIMIT_MAX } from '../../core/ranking/placement.ts';
import type { RankingRequest } from '../../core/ranking/ranking-request.ts';

/** Candidates looked up in the catalogue per item wanted: the spare ones replace what is sold out. */
const CANDIDATES_PER_ITEM = 2;

/**
 * Ids of the items on which an answer needs the catalogue's word, the most important first: what would be shown,
 * with spare ones, and what the model may not know.
 */
export function wantedItems(base: Omit<RankingRequest, 'liveItems'>): string[] {
  const limit = base.limit * CANDIDATES_PER_ITEM;
  const candidates = rank({ ...base, limit, liveItems: new Map(), onDrop: undefined })
    .items.filter(({ rung }) => rung !== 'static')
    .map(({ item }) => item.itemId);
  return [...namedItems(base), ...unknownDeeds(base), ...candidates, ...watchedItems(base)];
}

/** What the document itself names: the model may never have heard of it. */
function namedItems({ placement, model, limit }: Omit<RankingRequest, 'liveItems'>): string[] {
  const pinned = (placement.rules.pin ?? []).map(({ itemId }) => itemId);
  const picked = placement.ladder.flatMap((rung) =>
    rung.kind === 'hand-picked' ? rung.itemIds : [],
  );
  const unknown = picked.filter((id) => model?.indexOf.has(id) !== true);
  return [...pinned, ...unknown.slice(0, limit * CANDIDATES_PER_ITEM)];
}

/** Items newer than the model are known only to the catalogue; the newest deeds matter most. */
function unknownDeeds({ history, model }: Omit<RankingRequest, 'liveItems'>): string[] {
  return history
    .map(({ itemId }) => itemId)
    .filter((id) => model?.indexOf.has(id) !== true)
    .slice(0, LIMIT_MAX);
}

/** What the customer looked at, where a rung asks whether it is back or reduced by now. */
function watchedItems({ placement, history }: Omit<RankingRequest, 'liveItems'>): string[] {
  const asks = placement.ladder.some(
    ({ kind }) => kind === 'back-in-stock' || kind === 'price-drop',
  );
  if (!asks) return [];
  return history
    .filter(({ kind }) => kind === 'view' || kind === 'cart')
    .map(({ itemId }) => itemId)
    .slice(0, LIMIT_MAX);
}
