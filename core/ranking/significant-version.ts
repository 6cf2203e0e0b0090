import { hash } from 'node:crypto';
import type { Profile } from '../profile/profile.ts';
import { hourOf } from '../profile/shown.ts';
import type { CustomerFacts } from './customer-facts.ts';

/**
 * What of a profile can change an answer, as a short text: two profiles of one text are answered alike. An order, a
 * refund, something new in the cart or out of it, an item looked at for the first time or again after others, another
 * top interest, another send: each changes it. A page that is called, a mail that is opened, the item that is on the
 * screen loaded once more: none does, though each counts up the profile's version.
 *
 * Times are left out where only the order of deeds matters: they move the weights by the age of the newest, which is
 * all the same to the order of the items (see score.ts). How far the windows of rules move meanwhile, the age of the
 * answer bounds.
 */
export function significantVersionOf(
  profile: Pick<Profile, 'recent' | 'orders'>,
  facts: CustomerFacts,
  nowMs: number,
): string {
  const { recent, orders } = profile;
  const { openCart, nextPurchase, topCategories, shown } = facts;
  const present = hourOf(nowMs);
  const sends = shown.filter(([hour]) => hour < present - 1).map(([hour]) => hour);
  const deeds = recent.map(({ itemId, kind }) => `${kind[0]}${itemId}`);
  const state = [
    deeds,
    [orders.count, orders.lastAtMs, orders.refundCount],
    openCart?.itemIds,
    nextPurchase?.intervalDays,
    topCategories,
    sends,
  ];
  return hash('sha256', JSON.stringify(state), 'base64url');
}
