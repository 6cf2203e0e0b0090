import { hash } from 'node:crypto';
import { type CollectedEvent, EVENT_SCHEMA_VERSION } from '../events/event.ts';
import { CART_ABANDONED, OWN_SOURCE, openCartOf } from './cart.ts';
import type { Profile } from './profile.ts';
import { strongestIdentityOf } from './strongest-identity.ts';

/** An email shows a few of them; a cart of a wholesaler has hundreds. */
const ITEMS_MAX = 20;

/**
 * The event that says that a customer left a cart, once nobody has touched it for `windowMs`; undefined
 * where there is no such cart. Its message id follows from the profile and the cart's time: a sweep that runs twice
 * says it twice under one id, and it counts once.
 */
export function cartAbandonedEvent(
  profile: Profile,
  nowMs: number,
  windowMs: number,
): CollectedEvent | undefined {
  const open = openCartOf(profile);
  if (open === undefined || open.isAbandoned || open.changedAtMs + windowMs > nowMs) {
    return undefined;
  }
  const strongest = strongestIdentityOf(profile);
  if (strongest === undefined) return undefined;
  const { changedAtMs, itemIds } = open;
  const digest = hash('sha256', `${profile.profileId} ${changedAtMs}`, 'base64url');
  return {
    schemaVersion: EVENT_SCHEMA_VERSION,
    messageId: `cart-abandoned-${digest}`,
    type: 'track',
    event: CART_ABANDONED,
    identities: [strongest],
    source: OWN_SOURCE,
    timestamp: new Date(changedAtMs + windowMs).toISOString(),
    receivedAt: new Date(nowMs).toISOString(),
    properties: {
      cart_changed_at: new Date(changedAtMs).toISOString(),
      products: itemIds.slice(0, ITEMS_MAX).map((itemId) => ({ product_id: itemId })),
    },
  };
}
