import { hash } from 'node:crypto';
import { openCartOf } from './cart.ts';
import type { Profile } from './profile.ts';

/** The index of open carts over the profiles table. */
export const CART_DUE_INDEX = 'by-cart-due';
/** Its key, an attribute that only profiles with an open cart have. */
export const CART_DUE_ATTRIBUTE = 'cartDue';

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

/**
 * The bucket where only what came since the last whole profile is at hand, and the bucket that was stored
 * before. It may keep a cart that is none, as what lies in it and older orders aren't known here: the sweep reads
 * the whole profile before it says anything. It misses one only where a change that came late, before an order of
 * the same hour, hides a later change of that hour.
 */
export function cartDueSince(
  before: string | undefined,
  since: {
    readonly profileId: string;
    readonly cart: Profile['cart'] | undefined;
    readonly orders: Profile['orders'] | undefined;
  },
): string | undefined {
  if (before === undefined && since.cart === undefined) return undefined;
  const [changedAtMs = 0, , abandonedAtMs = 0] = since.cart ?? [];
  const orderedAtMs = since.orders?.lastAtMs ?? 0;
  const own = changedAtMs > 0 ? bucketOf(changedAtMs, shardOf(since.profileId)) : undefined;
  const changed = changedAtMs > Math.max(orderedAtMs, abandonedAtMs) ? own : undefined;
  if (before === undefined || before === own) return changed;
  const hourMs = startOfHourMs(before);
  // Whoever found it abandoned knew the whole profile: only what came since can be later.
  const isStanding = hourMs + HOUR_MS > orderedAtMs && hourMs > abandonedAtMs;
  if (changed === undefined || !isStanding) return changed ?? (isStanding ? before : undefined);
  return before > changed ? before : changed;
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

function startOfHourMs(bucket: string): number {
  const [hour = ''] = bucket.split('#');
  return Date.parse(`${hour}:00:00.000Z`);
}

function shardOf(profileId: string): number {
  return Number.parseInt(hash('sha256', profileId, 'hex').slice(0, 2), 16) % CART_SHARDS;
}
