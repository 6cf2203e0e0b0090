import type { HistoryEntry } from '../training/model.ts';
import type { StrategyKind } from './placement.ts';

/** Longest title quoted in a reason: one line under a column of an email. */
const QUOTED_TITLE_LENGTH_MAX = 60;

/** Why a similar item is shown: which of the customer's own deeds it follows from. */
export function similarReason(cause: HistoryEntry, causeTitle: string): string {
  const quoted =
    causeTitle.length > QUOTED_TITLE_LENGTH_MAX
      ? `${causeTitle.slice(0, QUOTED_TITLE_LENGTH_MAX - 1).trimEnd()}…`
      : causeTitle;
  return quoted === ''
    ? `similar to an item you ${deed(cause)}`
    : `similar to ${quoted} you ${deed(cause)}`;
}

/** Why an item is shown that the customer knows already. */
export function knownReason(entry: HistoryEntry): string {
  if (entry.kind === 'purchase') return 'you bought this before';
  if (entry.kind === 'cart') return 'you put this in your basket recently';
  return 'you viewed this recently';
}

export const rungReasons = {
  trending: 'trending now',
  popular: 'popular this week',
  untouched: 'from our range',
} as const;

/** Why the whole answer is what it is, by the rung that gave its first item. */
export function answerReason(source: StrategyKind, history: readonly HistoryEntry[]): string {
  if (source === 'personal') {
    const bought = history.some(({ kind }) => kind === 'purchase');
    const viewed = history.some(({ kind }) => kind === 'view' || kind === 'cart');
    if (bought && viewed) return 'similar to items you viewed and bought';
    return bought ? 'similar to items you bought' : 'similar to items you viewed';
  }
  if (source === 'recent') return 'items you viewed recently';
  if (source === 'static') return 'our selection';
  return rungReasons[source];
}

function deed(entry: HistoryEntry): string {
  if (entry.kind === 'purchase') return 'bought';
  return entry.kind === 'cart' ? 'put in your basket' : 'viewed';
}
