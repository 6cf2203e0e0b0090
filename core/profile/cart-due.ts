import { hash } from 'node:crypto';
import { openCartOf } from './cart.ts';
import type { Profile } from './profile.ts';

/** Carts whose last change lies further back are not looked for: that long may the sweep be out of order. */
export const SWEEP_BACK_HOURS = 72;
/** Of one hour's carts: DynamoDB writes a thousand a second under one key, a busy shop's hour has more. */
export const CART_SHARDS = 8;
const HOUR_MS = 3_600_000;

/**
 * The bucket in which the sweep finds an open cart: the hour of its last change and a shard, e.g.
 * `2026-11-23T09#3`. Undefined for everybody else, so that the index holds open carts alone, and is written
 * once per cart and hour.
 */
export function cartDueOf(
  profile: Pick<Profile, 'profileId' | 'cart' | 'orders' | 'recent'>,
): string | undefined {
  if (profile.cart === undefined) return undefined;
  const open = openCartOf(profile);
  if (open === undefined || open.isAbandoned) return undefined;
  return bucketOf(open.changedAtMs, shardOf(profile.profileId));
}

/** Every bucket that can hold a cart which nobody has touched for `windowMs`, oldest first. */
export function dueBuckets(nowMs: number, windowMs: number): string[] {
  const lastMs = nowMs - windowMs;
  return Array.from(
    { length: SWEEP_BACK_HOURS + 1 },
    (_, index) => SWEEP_BACK_HOURS - index,
  ).flatMap((hoursBack) =>
    Array.from({ length: CART_SHARDS }, (_, shard) =>
      bucketOf(lastMs - hoursBack * HOUR_MS, shard),
    ),
  );
}

function bucketOf(timeMs: number, shard: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 'YYYY-MM-DDTHH'.length)}#${shard}`;
}

function shardOf(profileId: string): number {
  return Number.parseInt(hash('sha256', profileId, 'hex').slice(0, 2), 16) % CART_SHARDS;
}
