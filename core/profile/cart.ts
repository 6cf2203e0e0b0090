import * as z from 'zod';
import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { productsOf } from './event-products.ts';
import type { Profile } from './profile.ts';

/** The source of events that Kindred makes itself. */
export const OWN_SOURCE = 'kindred';
export const CART_ABANDONED = 'Cart Abandoned';

/**
 * When something was last put into the cart, or the cart was looked at or taken to the checkout; the
 * last step at the checkout; and the first of these for which the cart was found abandoned. Epoch ms, 0 for never;
 * zeros at the end are left out. What lies in the cart is in the recent interactions.
 */
export const cart = z.array(z.number()).min(1).max(3).readonly();
export type Cart = z.infer<typeof cart>;

const checkoutEvents: ReadonlySet<string> = new Set([
  'Checkout Started',
  'Checkout Step Viewed',
  'Checkout Step Completed',
  'Payment Info Entered',
]);

/** Names of the events that say something of a cart. */
export const cartEvents: readonly string[] = [
  ...checkoutEvents,
  'Product Added',
  'Wishlist Product Added to Cart',
  'Cart Viewed',
  CART_ABANDONED,
];

/** What an event says of the cart. Each part is a latest time, so any order gives the same. */
export function cartOf(event: CollectedEvent): Cart | undefined {
  if (event.type !== 'track' || event.event === undefined) return undefined;
  if (event.event === CART_ABANDONED) return abandonmentOf(event);
  const isCheckout = checkoutEvents.has(event.event);
  const isFilled = isCheckout || isFilling(event);
  if (!isFilled || isMadeByBot(event.context)) return undefined;
  const timeMs = happenedAtMs(event);
  return isCheckout ? [timeMs, timeMs] : [timeMs];
}

export function combineCart(a: Cart, b: Cart): Cart {
  return trimmed([0, 1, 2].map((part) => Math.max(a[part] ?? 0, b[part] ?? 0)));
}

/** A cart that has been left with something in it, and no order since. */
export interface OpenCart {
  readonly changedAtMs: number;
  /** Absent where the checkout was not reached with this cart. */
  readonly checkoutAtMs?: number;
  /** As far as known: a shop that only sends whole carts names none. Newest first. */
  readonly itemIds: readonly string[];
  readonly isAbandoned: boolean;
}

export function openCartOf({
  cart: known,
  orders,
  recent,
}: Pick<Profile, 'cart' | 'orders' | 'recent'>): OpenCart | undefined {
  const [changedAtMs = 0, checkoutAtMs = 0, abandonedAtMs = 0] = known ?? [];
  const orderedAtMs = orders.lastAtMs ?? 0;
  if (changedAtMs <= orderedAtMs) return undefined;
  const since = recent.filter(({ timeMs }) => timeMs > orderedAtMs);
  const added = since.filter(({ kind }) => kind === 'cart');
  const itemIds = added
    .filter(({ itemId, timeMs }) => !isRemoved(since, itemId, timeMs))
    .map(({ itemId }) => itemId);
  // All that was put in has been taken out again.
  if (added.length > 0 && itemIds.length === 0) return undefined;
  return {
    changedAtMs,
    ...(checkoutAtMs > orderedAtMs && { checkoutAtMs }),
    itemIds,
    isAbandoned: abandonedAtMs >= changedAtMs,
  };
}

function isRemoved(since: Profile['recent'], itemId: string, addedAtMs: number): boolean {
  return since.some(
    (each) => each.kind === 'uncart' && each.itemId === itemId && each.timeMs >= addedAtMs,
  );
}

function isFilling(event: CollectedEvent): boolean {
  switch (event.event) {
    case 'Product Added':
    case 'Wishlist Product Added to Cart':
      return true;
    case 'Cart Viewed':
      return productsOf(event).length > 0;
    default:
      return false;
  }
}

/** Only the sweep's own word counts; a shop's event of the same name stays a custom one. */
function abandonmentOf({ source, properties }: CollectedEvent): Cart | undefined {
  const changedAt = properties?.cart_changed_at;
  if (source !== OWN_SOURCE || typeof changedAt !== 'string') return undefined;
  const changedAtMs = Date.parse(changedAt);
  return Number.isNaN(changedAtMs) ? undefined : [0, 0, changedAtMs];
}

function trimmed(parts: readonly number[]): Cart {
  const length = parts.findLastIndex((part) => part > 0) + 1;
  return parts.slice(0, Math.max(1, length));
}
