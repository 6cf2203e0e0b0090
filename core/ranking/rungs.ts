import type { Item } from '../catalogue/item.ts';
import type { HistoryEntry, Model } from '../training/model.ts';
import { explain, scoreHistory } from '../training/score.ts';
import { bestFirst } from './best-first.ts';
import type { StaticContent, Strategy } from './placement.ts';
import type { RankedItem, RankingRequest } from './ranking-request.ts';
import { shopNowMs } from './ranking-request.ts';
import { knownReason, rungReasons, similarReason } from './reasons.ts';
import { DAY_MS } from './rules.ts';

/** What a rung has to offer, best first, before any rule. Lazy: a full list stops asking. */
export function candidatesOf(strategy: Strategy, request: RankingRequest): Iterable<RankedItem> {
  switch (strategy.kind) {
    case 'personal':
      return personal(request);
    case 'recent':
      return recent(request, strategy.withinDays);
    case 'trending':
      return trending(request);
    case 'popular':
      return popular(request);
    case 'static':
      return fixed(request.content);
  }
}

function* personal(request: RankingRequest): Generator<RankedItem> {
  const { model, history } = request;
  if (model === undefined || history.length === 0) return;
  for (const index of bestFirst(scoreHistory(model, history, request.nowMs))) {
    const item = itemAt(request, model, index);
    if (item === undefined) continue;
    const cause = explain(model, history, index, request.nowMs);
    yield { item, source: 'personal', reason: personalReason(request, item, cause) };
  }
}

function personalReason(
  request: RankingRequest,
  item: Item,
  cause: HistoryEntry | undefined,
): string {
  if (cause === undefined) return 'similar to items you know';
  if (cause.itemId === item.itemId) return knownReason(cause);
  return similarReason(cause, itemOf(request, cause.itemId)?.title ?? '');
}

function* recent(request: RankingRequest, withinDays: number): Generator<RankedItem> {
  const sinceMs = shopNowMs(request) - withinDays * DAY_MS;
  const newestFirst = request.history
    .filter((entry) => entry.timeMs >= sinceMs && isOnTheirMind(entry, request.history))
    .toSorted((a, b) => b.timeMs - a.timeMs);
  for (const entry of newestFirst) {
    const item = itemOf(request, entry.itemId);
    if (item !== undefined) yield { item, source: 'recent', reason: knownReason(entry) };
  }
}

/** Viewed, or put in the basket and not taken out again. */
function isOnTheirMind(entry: HistoryEntry, history: readonly HistoryEntry[]): boolean {
  if (entry.kind !== 'cart') return entry.kind === 'view';
  return !history.some(
    ({ itemId, kind, timeMs }) =>
      kind === 'uncart' && itemId === entry.itemId && timeMs > entry.timeMs,
  );
}

function* trending(request: RankingRequest): Generator<RankedItem> {
  const { model } = request;
  if (model === undefined) return;
  for (const index of bestFirst(model.trending)) {
    const item = itemAt(request, model, index);
    if (item !== undefined) yield { item, source: 'trending', reason: rungReasons.trending };
  }
}

function* popular(request: RankingRequest): Generator<RankedItem> {
  const { model } = request;
  if (model === undefined) return;
  for (const index of bestFirst(model.popular)) {
    const item = itemAt(request, model, index);
    if (item !== undefined) yield { item, source: 'popular', reason: rungReasons.popular };
  }
  // A catalogue item that nobody has touched yet is still a better offer than static content.
  for (const [index, score] of model.popular.entries()) {
    if (score > 0) continue;
    const item = itemAt(request, model, index);
    if (item !== undefined) yield { item, source: 'popular', reason: rungReasons.untouched };
  }
}

function* fixed(content: StaticContent): Generator<RankedItem> {
  for (const { itemId, title, url, imageUrl, reason } of content.items) {
    const item: Item = {
      itemId,
      title,
      price: null,
      currency: '',
      url,
      imageUrl,
      category: '',
      brand: '',
      available: true,
      updatedAtMs: 0,
    };
    yield { item, source: 'static', reason };
  }
}

function itemAt(request: RankingRequest, model: Model, index: number): Item | undefined {
  const item = model.items[index];
  return item === undefined ? undefined : (request.liveItems.get(item.itemId) ?? item);
}

function itemOf(request: RankingRequest, itemId: string): Item | undefined {
  const live = request.liveItems.get(itemId);
  if (live !== undefined) return live;
  const index = request.model?.indexOf.get(itemId);
  return index === undefined ? undefined : request.model?.items[index];
}
