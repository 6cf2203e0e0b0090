import { type DerivedChanges, NEW_DAYS } from '../catalogue/derived-changes.ts';
import { dayOf } from '../catalogue/history-days.ts';
import { ordersOf } from './model-orders.ts';
import { itemAt, itemOf, type RankingRequest } from './ranking-request.ts';
import { rungReasons } from './reasons.ts';
import { DAY_MS } from './rules.ts';
import type { Offer } from './rungs.ts';

/**
 * Rungs that tell of a change of the catalogue. Of items that the customer looked at, the catalogue's own record is
 * asked, as it stands now; of all others the model has the list as of its training.
 */

export function* newArrivals(request: RankingRequest, withinDays: number): Generator<Offer> {
  const { model, nowMs } = request;
  if (model === undefined) return;
  const sinceDay = dayOf(nowMs) - Math.min(withinDays, NEW_DAYS);
  for (const index of ordersOf(model).newArrivals) {
    if ((model.facts?.newOnDay[index] ?? 0) <= sinceDay) return;
    const item = itemAt(request, model, index);
    if (item !== undefined) yield { item, reason: rungReasons['new-arrivals'] };
  }
}

interface ChangeStrategy {
  readonly withinDays: number;
  readonly only?: 'known' | undefined;
}

export function* backInStock(request: RankingRequest, strategy: ChangeStrategy): Generator<Offer> {
  const { model } = request;
  const reason = rungReasons['back-in-stock'];
  yield* knownWith(request, strategy, reason, ({ backInStock }) => backInStock?.sinceMs);
  if (strategy.only === 'known' || model === undefined) return;
  const { backInStock: positions } = ordersOf(model);
  yield* listed(request, strategy, reason, positions, model.facts?.backOnDay);
}

export function* reduced(request: RankingRequest, strategy: ChangeStrategy): Generator<Offer> {
  const { model } = request;
  const reason = rungReasons['price-drop'];
  const reducedSinceMs = ({ priceDrops }: DerivedChanges) => {
    const { currency } = request.placement;
    const shown = priceDrops.filter(
      (drop) => drop.isReduction && (currency === undefined || drop.currency === currency),
    );
    return shown.length === 0 ? undefined : Math.max(...shown.map(({ sinceMs }) => sinceMs));
  };
  yield* knownWith(request, strategy, reason, reducedSinceMs);
  if (strategy.only === 'known' || model === undefined) return;
  yield* listed(request, strategy, reason, ordersOf(model).reduced, model.facts?.reducedOnDay);
}

/** Of what the customer viewed or put in the cart, what has changed so; the newest deed first. */
function* knownWith(
  request: RankingRequest,
  { withinDays }: ChangeStrategy,
  reason: string,
  sinceMsOf: (changes: DerivedChanges) => number | undefined,
): Generator<Offer> {
  for (const { itemId, kind } of request.history) {
    if (kind !== 'view' && kind !== 'cart') continue;
    const changes = request.liveChanges?.get(itemId);
    const sinceMs = changes === undefined ? undefined : sinceMsOf(changes);
    if (sinceMs === undefined || sinceMs <= request.nowMs - withinDays * DAY_MS) continue;
    const item = itemOf(request, itemId);
    if (item !== undefined) yield { item, reason };
  }
}

/** `positions` by falling day. */
function* listed(
  request: RankingRequest,
  { withinDays }: ChangeStrategy,
  reason: string,
  positions: Uint32Array,
  days: Float32Array | undefined,
): Generator<Offer> {
  const { model, nowMs, liveChanges } = request;
  if (model === undefined || days === undefined) return;
  const sinceDay = dayOf(nowMs) - withinDays;
  for (const index of positions) {
    if ((days[index] ?? 0) <= sinceDay) return;
    const item = itemAt(request, model, index);
    if (item === undefined || isOver(liveChanges?.get(item.itemId), reason)) continue;
    yield { item, reason };
  }
}

/** Whether the catalogue says by now that it is no longer so: a reduction that has ended must not be announced. */
function isOver(changes: DerivedChanges | undefined, reason: string): boolean {
  if (changes === undefined) return false;
  if (reason === rungReasons['back-in-stock']) return changes.backInStock === undefined;
  return !changes.priceDrops.some(({ isReduction }) => isReduction);
}
