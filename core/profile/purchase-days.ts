import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';

/** A year of orders every three weeks; for the rhythm of purchases older ones say little. */
export const PURCHASE_DAYS_MAX = 16;
const DAY_MS = 86_400_000;

/**
 * The latest days (since 1970, UTC) on which the customer ordered: the newest, then how many days before
 * it the next lies, and so on. Two orders of a day are one purchase.
 */
export const purchaseDays = z.array(z.number()).readonly();
export type PurchaseDays = z.infer<typeof purchaseDays>;

export const purchaseEvents: readonly string[] = ['Order Completed'];

export function purchaseDaysOf(event: CollectedEvent): PurchaseDays | undefined {
  if (event.type !== 'track' || event.event !== 'Order Completed') return undefined;
  return [Math.floor(happenedAtMs(event) / DAY_MS)];
}

/** The newest of both. Commutative, associative and idempotent: a day is dropped only for later ones. */
export function combinePurchaseDays(a: PurchaseDays, b: PurchaseDays): PurchaseDays {
  const days = [...new Set([...daysIn(a), ...daysIn(b)])]
    .sort((x, y) => y - x)
    .slice(0, PURCHASE_DAYS_MAX);
  return days.map((day, index) => (index === 0 ? day : (days[index - 1] ?? day) - day));
}

/** Days since 1970, newest first. */
export function daysIn(days: PurchaseDays): number[] {
  let day = 0;
  return days.map((value, index) => {
    day = index === 0 ? value : day - value;
    return day;
  });
}
