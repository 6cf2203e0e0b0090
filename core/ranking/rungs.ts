import type { Item } from '../catalogue/item.ts';
import { backInStock, newArrivals, reduced } from './change-rungs.ts';
import { browseRecovery, cartRecovery, recentlyViewed } from './deed-rungs.ts';
import { inCategory, ordersOf } from './model-orders.ts';
import { boughtTogether, forYou, similarToLastViewed } from './model-rungs.ts';
import { itemAt, itemOf, type RankedItem, type RankingRequest } from './ranking-request.ts';
import { categoryReason, rungReasons } from './reasons.ts';
import { replenishment } from './replenishment.ts';
import type { Strategy } from './strategy.ts';

/** What a rung offers: an item, why, and how strongly where it can tell. */
export type Offer = Pick<RankedItem, 'item' | 'reason' | 'score'>;

/** What a rung has to offer, best first, before any rule. Lazy: a full list stops asking. */
export function offersOf(strategy: Strategy, request: RankingRequest): IterableIterator<Offer> {
  switch (strategy.kind) {
    case 'for-you':
      return forYou(request);
    case 'recently-viewed':
      return recentlyViewed(request, strategy.withinDays);
    case 'similar-to-last-viewed':
      return similarToLastViewed(request, strategy.withinDays);
    case 'cart-recovery':
      return cartRecovery(request, strategy.withinDays);
    case 'browse-recovery':
      return browseRecovery(request, strategy.withinDays);
    case 'bought-together':
      return boughtTogether(request, strategy.withinDays);
    case 'replenishment':
      return replenishment(request);
    case 'new-arrivals':
      return newArrivals(request, strategy.withinDays);
    case 'back-in-stock':
      return backInStock(request, strategy);
    case 'price-drop':
      return reduced(request, strategy);
    case 'trending':
      return trending(request);
    case 'popular':
      return popular(request);
    case 'by-category':
      return ofCategory(request, strategy.category);
    case 'hand-picked':
      return handPicked(request, strategy.itemIds);
    case 'static':
      return fixed(request, strategy);
  }
}

function* trending(request: RankingRequest): Generator<Offer> {
  const { model } = request;
  if (model === undefined) return;
  for (const index of ordersOf(model).trending) {
    const item = itemAt(request, model, index);
    const score = model.trending[index] ?? 0;
    if (item !== undefined) yield { item, reason: rungReasons.trending, score };
  }
}

function* popular(request: RankingRequest): Generator<Offer> {
  const { model } = request;
  if (model === undefined) return;
  const orders = ordersOf(model);
  for (const index of orders.popular) {
    const item = itemAt(request, model, index);
    const score = model.popular[index] ?? 0;
    if (item !== undefined) yield { item, reason: rungReasons.popular, score };
  }
  // A catalogue item that nobody has touched yet is still a better offer than static content.
  for (const index of orders.untouched) {
    const item = itemAt(request, model, index);
    if (item !== undefined) yield { item, reason: rungReasons.untouched, score: 0 };
  }
}

/** A named category's, else those of the customer's own interests, the strongest first. */
function* ofCategory(request: RankingRequest, named: string | undefined): Generator<Offer> {
  const { model, customer } = request;
  if (model === undefined) return;
  const categories = named === undefined ? (customer?.topCategories ?? []) : [named];
  for (const category of categories) {
    for (const index of inCategory(model, category)) {
      const item = itemAt(request, model, index);
      const score = model.popular[index] ?? 0;
      if (item !== undefined) yield { item, reason: categoryReason(category), score };
    }
  }
}

function* handPicked(request: RankingRequest, itemIds: readonly string[]): Generator<Offer> {
  for (const itemId of itemIds) {
    const item = itemOf(request, itemId);
    if (item !== undefined) yield { item, reason: rungReasons['hand-picked'] };
  }
}

function* fixed(
  { content }: RankingRequest,
  { items: own = [] }: Extract<Strategy, { kind: 'static' }>,
): Generator<Offer> {
  for (const { itemId, title, url, imageUrl, reason } of [...own, ...content.items]) {
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
    yield { item, reason };
  }
}
