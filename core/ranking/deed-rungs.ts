import type { HistoryEntry } from '../training/model.ts';
import { itemOf, type RankingRequest, shopNowMs } from './ranking-request.ts';
import { knownReason, rungReasons } from './reasons.ts';
import { DAY_MS } from './rules.ts';
import type { Offer } from './rungs.ts';

/** Rungs that show again what the customer did, the newest first. They need no model. */

export function* recentlyViewed(request: RankingRequest, withinDays: number): Generator<Offer> {
  for (const entry of newestFirst(request, withinDays)) {
    if (!isOnTheirMind(entry, request.history)) continue;
    const item = itemOf(request, entry.itemId);
    if (item !== undefined) yield { item, reason: knownReason(entry) };
  }
}

export function* cartRecovery(request: RankingRequest, withinDays: number): Generator<Offer> {
  const cart = request.customer?.openCart;
  if (cart === undefined || cart.changedAtMs < sinceMs(request, withinDays)) return;
  for (const itemId of cart.itemIds) {
    const item = itemOf(request, itemId);
    if (item !== undefined) yield { item, reason: rungReasons['cart-recovery'] };
  }
}

/** Looked at and then left: neither put in the cart nor bought since. */
export function* browseRecovery(request: RankingRequest, withinDays: number): Generator<Offer> {
  for (const entry of newestFirst(request, withinDays)) {
    if (entry.kind !== 'view' || isTaken(entry, request.history)) continue;
    const item = itemOf(request, entry.itemId);
    if (item !== undefined) yield { item, reason: rungReasons['browse-recovery'] };
  }
}

function newestFirst(request: RankingRequest, withinDays: number): readonly HistoryEntry[] {
  const since = sinceMs(request, withinDays);
  return request.history
    .filter(({ timeMs }) => timeMs >= since)
    .toSorted((a, b) => b.timeMs - a.timeMs);
}

function sinceMs(request: RankingRequest, withinDays: number): number {
  return shopNowMs(request) - withinDays * DAY_MS;
}

/** Viewed, or put in the basket and not taken out again. */
function isOnTheirMind(entry: HistoryEntry, history: readonly HistoryEntry[]): boolean {
  if (entry.kind !== 'cart') return entry.kind === 'view';
  return !history.some(
    ({ itemId, kind, timeMs }) =>
      kind === 'uncart' && itemId === entry.itemId && timeMs > entry.timeMs,
  );
}

function isTaken({ itemId, timeMs: viewedMs }: HistoryEntry, history: readonly HistoryEntry[]) {
  return history.some(
    ({ itemId: other, kind, timeMs }) =>
      other === itemId && (kind === 'cart' || kind === 'purchase') && timeMs >= viewedMs,
  );
}
