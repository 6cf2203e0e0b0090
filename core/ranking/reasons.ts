import type { HistoryEntry } from '../training/model.ts';
import type { Rung, StrategyKind } from './strategy.ts';

/** Longest title quoted in a reason: one line under a column of an email. */
const QUOTED_TITLE_LENGTH_MAX = 60;

/** Why a similar item is shown: which of the customer's own deeds it follows from. */
export function similarReason(cause: HistoryEntry, causeTitle: string): string {
  const quoted = quotedTitle(causeTitle);
  return quoted === ''
    ? `similar to an item you ${deed(cause)}`
    : `similar to ${quoted} you ${deed(cause)}`;
}

/** Why an item is shown that goes with something of the last order. */
export function togetherReason(causeTitle: string): string {
  const quoted = quotedTitle(causeTitle);
  return quoted === '' ? 'goes with your last order' : `goes with ${quoted} you bought`;
}

/** Why an item is shown that the customer knows already. */
export function knownReason(entry: HistoryEntry): string {
  if (entry.kind === 'purchase') return 'you bought this before';
  if (entry.kind === 'cart') return 'you put this in your basket recently';
  return 'you viewed this recently';
}

/** Why an item of a rung is shown, where that says the same of all of them. */
export const rungReasons = {
  'cart-recovery': 'still in your basket',
  'browse-recovery': 'you looked at this',
  replenishment: 'time to buy this again',
  'new-arrivals': 'new in',
  'back-in-stock': 'back in stock',
  'price-drop': 'reduced in price',
  trending: 'trending now',
  popular: 'popular this week',
  untouched: 'from our range',
  'hand-picked': 'picked by us',
  pinned: 'picked by us',
} as const;

/** Why a category's item is shown. */
export function categoryReason(category: string): string {
  return `popular in ${quotedTitle(category)}`;
}

/** Why the whole answer is what it is, by the rung that gave its first item. */
export function answerReason(rung: Rung, history: readonly HistoryEntry[]): string {
  if (rung === 'for-you') {
    const bought = history.some(({ kind }) => kind === 'purchase');
    const viewed = history.some(({ kind }) => kind === 'view' || kind === 'cart');
    if (bought && viewed) return 'similar to items you viewed and bought';
    return bought ? 'similar to items you bought' : 'similar to items you viewed';
  }
  return answerReasons[rung];
}

const answerReasons: Readonly<Record<Exclude<StrategyKind, 'for-you'> | 'pinned', string>> = {
  'recently-viewed': 'items you viewed recently',
  'similar-to-last-viewed': 'similar to the item you viewed last',
  'cart-recovery': 'items in your basket',
  'browse-recovery': 'items you looked at',
  'bought-together': 'goes with your last order',
  replenishment: 'items you buy again and again',
  'new-arrivals': 'new in',
  'back-in-stock': 'back in stock',
  'price-drop': 'reduced in price',
  trending: rungReasons.trending,
  popular: rungReasons.popular,
  'by-category': 'popular in its category',
  'hand-picked': 'picked by us',
  static: 'our selection',
  pinned: 'picked by us',
};

function quotedTitle(title: string): string {
  return title.length > QUOTED_TITLE_LENGTH_MAX
    ? `${title.slice(0, QUOTED_TITLE_LENGTH_MAX - 1).trimEnd()}…`
    : title;
}

function deed(entry: HistoryEntry): string {
  if (entry.kind === 'purchase') return 'bought';
  return entry.kind === 'cart' ? 'put in your basket' : 'viewed';
}
