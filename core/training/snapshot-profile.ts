import { wholeProfile } from '../profile/hot-cold.ts';
import type { StoredProfile } from '../profile/profile-store.ts';

/** A profile as a snapshot has it: figures, and nothing that says who somebody is. */
export interface SnapshotProfile {
  /** References of its identities, by which its customer is found among the interactions; never written. */
  readonly refs: readonly string[];
  /** What was said last about personalisation; it may have left the lake long ago. */
  readonly consent: { readonly granted: boolean; readonly timeMs: number } | undefined;
  readonly row: ProfileRow;
}

/** The names are the columns'; times are milliseconds since 1970. */
export interface ProfileRow {
  readonly is_readable: boolean;
  readonly has_user_id?: boolean;
  readonly personalization?: boolean | undefined;
  readonly event_count?: number;
  readonly order_count?: number;
  readonly refund_count?: number;
  readonly first_seen_ms?: number;
  readonly last_seen_ms?: number;
}

/** Undefined for a profile that was merged into another one. */
export function snapshotProfileOf(stored: StoredProfile): SnapshotProfile | undefined {
  if (stored.kind === 'merged') return undefined;
  if (stored.kind === 'unreadable') {
    return { refs: [], consent: undefined, row: { is_readable: false } };
  }
  const profile = wholeProfile(stored);
  const consent = profile.consent?.personalization;
  return {
    refs: profile.identities,
    consent: consent && { granted: consent.granted, timeMs: consent.timeMs },
    row: {
      is_readable: true,
      has_user_id: profile.identities.some((identity) => identity.startsWith('userId#')),
      personalization: consent?.granted,
      event_count: profile.eventCount,
      order_count: profile.orders.count,
      refund_count: profile.orders.refundCount,
      first_seen_ms: profile.firstSeenMs,
      last_seen_ms: profile.lastSeenMs,
    },
  };
}
