import { itemOf, type RankingRequest, shopNowMs } from './ranking-request.ts';
import { rungReasons } from './reasons.ts';
import { DAY_MS } from './rules.ts';
import type { Offer } from './rungs.ts';

/**
 * What the customer is about to need again. An item that was bought t days ago and that customers usually
 * buy again after r days (see item-facts.ts) is due in r − t days. It is offered from `lead` days before
 * until it is overdue by one interval, after which it was bought elsewhere or is no longer wanted:
 *
 *   −r ≤ r − t ≤ min(lead, r / 2)
 *
 * `lead` is half the customer's own interval between purchases: who buys every month is told two weeks
 * ahead, as there may be no purchase between now and then. The most overdue for its interval comes first.
 */
const LEAD_DAYS_DEFAULT = 7;
const LEAD_DAYS_MIN = 3;
const LEAD_DAYS_MAX = 30;

export function* replenishment(request: RankingRequest): Generator<Offer> {
  const { model, history, customer } = request;
  const facts = model?.facts;
  if (model === undefined || facts === undefined) return;
  const own = customer?.nextPurchase?.intervalDays;
  const leadDays =
    own === undefined
      ? LEAD_DAYS_DEFAULT
      : Math.min(LEAD_DAYS_MAX, Math.max(LEAD_DAYS_MIN, own / 2));
  const nowMs = shopNowMs(request);
  const due: { readonly itemId: string; readonly score: number }[] = [];
  for (const { itemId, kind, timeMs } of history) {
    const index = kind === 'purchase' ? model.indexOf.get(itemId) : undefined;
    const intervalDays = index === undefined ? 0 : (facts.repurchaseDays[index] ?? 0);
    if (intervalDays <= 0) continue;
    const sinceDays = (nowMs - timeMs) / DAY_MS;
    const isSoon = intervalDays - sinceDays <= Math.min(leadDays, intervalDays / 2);
    const isDue = isSoon && sinceDays <= 2 * intervalDays;
    if (isDue) due.push({ itemId, score: sinceDays / intervalDays });
  }
  for (const { itemId, score } of due.sort((a, b) => b.score - a.score)) {
    const item = itemOf(request, itemId);
    if (item !== undefined) yield { item, reason: rungReasons.replenishment, score };
  }
}
