import type { Item } from '../catalogue/item.ts';
import type { HistoryEntry } from '../training/model.ts';
import type { PlacementRules } from './placement.ts';

export const DAY_MS = 86_400_000;

/** The ids of what the customer bought within the rule's window before `nowMs`. */
export function boughtWithin(
  history: readonly HistoryEntry[],
  days: number,
  nowMs: number,
): ReadonlySet<string> {
  const bought = new Set<string>();
  if (days === 0) return bought;
  for (const { itemId, kind, timeMs } of history) {
    if (kind === 'purchase' && timeMs > nowMs - days * DAY_MS) bought.add(itemId);
  }
  return bought;
}

/** Whether an item may stand in the placement at all; how many of its category is the ladder's matter. */
export function isAdmitted(
  item: Item,
  rules: PlacementRules,
  bought: ReadonlySet<string>,
): boolean {
  if (bought.has(item.itemId)) return false;
  if (rules.onlyAvailable && !item.available) return false;
  if (item.isAdult === true && rules.admitAdult !== true) return false;
  if (rules.onlyWithImage && item.imageUrl === '') return false;
  // A row without a title, such as one known only by its id from an order line, says nothing to anybody.
  return item.title.trim() !== '';
}
