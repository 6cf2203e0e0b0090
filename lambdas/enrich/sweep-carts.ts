import type { CollectedEvent } from '../../core/events/event.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { cartAbandonedEvent } from '../../core/profile/cart-abandoned.ts';
import { dueBuckets } from '../../core/profile/cart-due.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { ProfileStore } from '../../core/profile/profile-store.ts';
import { inParallel } from './parallel.ts';

/** Buckets asked at once: with most of them empty, a second for all. */
const BUCKETS_IN_FLIGHT_MAX = 16;
/** Profiles read and told of together: one batch read of DynamoDB, one put of Kinesis. */
const PROFILES_MAX = 100;

export interface SweepPorts {
  readonly readDueCarts: (bucket: string) => Promise<readonly string[]>;
  readonly profiles: Pick<ProfileStore, 'readProfiles'>;
  /** Resolves when all of them are durable. */
  readonly putEvents: (
    records: readonly { readonly data: Uint8Array; readonly partitionKey: string }[],
  ) => Promise<void>;
  readonly nowMs: () => number;
}

export interface SweepReport {
  /** Open carts in the buckets that are due, also those that were touched since their hour began. */
  readonly lookedAtCount: number;
  readonly abandonedCount: number;
  /** False where time was up: the next sweep goes on with what is left. */
  readonly isComplete: boolean;
}

/**
 * Finds carts that nobody has touched for `windowMs` and says so on the stream. It writes nothing else:
 * the enricher takes the event into the profile, which takes the cart out of the index. A sweep that breaks
 * off or runs twice finds the same carts again and says the same under the same message ids.
 */
export async function sweepCarts(
  ports: SweepPorts,
  windowMs: number,
  deadlineMs: number,
): Promise<SweepReport> {
  const nowMs = ports.nowMs();
  const found = await inParallel(
    dueBuckets(nowMs, windowMs),
    BUCKETS_IN_FLIGHT_MAX,
    ports.readDueCarts,
  );
  const ids = [...new Set(found.flat())];
  let lookedAtCount = 0;
  let abandonedCount = 0;
  while (lookedAtCount < ids.length && ports.nowMs() < deadlineMs) {
    const chunk = ids.slice(lookedAtCount, lookedAtCount + PROFILES_MAX);
    // Read anew and consistently: the index is a moment behind, and its hour is not the cart's minute.
    const stored = await ports.profiles.readProfiles(
      chunk.map((profileId) => ({ profileId, withCold: true })),
    );
    const events = [...stored.values()].flatMap((each) => {
      const event =
        each.kind === 'profile'
          ? cartAbandonedEvent(wholeProfile(each), nowMs, windowMs)
          : undefined;
      return event === undefined ? [] : [event];
    });
    if (events.length > 0) await ports.putEvents(events.map(recordOf));
    lookedAtCount += chunk.length;
    abandonedCount += events.length;
  }
  return { lookedAtCount, abandonedCount, isComplete: lookedAtCount === ids.length };
}

function recordOf(event: CollectedEvent) {
  return {
    data: Buffer.from(`${JSON.stringify(event)}\n`),
    partitionKey: partitionKeyOf(event),
  };
}
