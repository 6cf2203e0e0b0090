import { wholeProfile } from '../profile/hot-cold.ts';
import type { StoredProfile } from '../profile/profile-store.ts';
import { fieldsOf } from '../profile/untyped-value.ts';

/** What stands in the tables as rows of a data set: what an audit asks, and nothing that says who somebody is. */
export type StateRow = Readonly<Record<string, unknown>>;

/** An entry of the catalogue as it is stored, whatever it is: that it is one is for the audit to say. */
export function catalogueRow(entry: unknown): StateRow {
  const fields = fieldsOf(entry);
  return {
    item_id: fields.itemId,
    title: fields.title,
    price: fields.price,
    currency: fields.currency,
    url: fields.url,
    image_url: fields.imageUrl,
    category: fields.category,
    brand: fields.brand,
    available: fields.available,
    updated_at: timeOf(fields.updatedAtMs),
  };
}

/** A profile in figures; nothing for one that was merged into another. */
export function customerRow(profileId: string, stored: StoredProfile): StateRow | undefined {
  if (stored.kind === 'merged') return undefined;
  if (stored.kind === 'unreadable') return { profile_id: profileId, is_readable: false };
  const profile = wholeProfile(stored);
  return {
    profile_id: profileId,
    is_readable: true,
    identity_count: profile.identities.length,
    has_user_id: profile.identities.some((identity) => identity.startsWith('userId#')),
    trait_count: Object.keys(profile.traits).length,
    personalization: profile.consent?.personalization.granted,
    event_count: profile.eventCount,
    order_count: profile.orders.count,
    refund_count: profile.orders.refundCount,
    first_seen_at: timeOf(profile.firstSeenMs),
    last_seen_at: timeOf(profile.lastSeenMs),
  };
}

/** 0 is what a catalogue says that knows no time. */
function timeOf(ms: unknown): string | undefined {
  if (typeof ms !== 'number' || !(ms > 0) || ms > 8.64e15) return undefined;
  return new Date(ms).toISOString();
}
