import type { CollectedEvent } from '../../core/events/event.ts';
import {
  type DeliveredEvent,
  type EventOutcome,
  type EventRefusal,
  type Folding,
  foldDeliveries,
} from '../../core/profile/fold-deliveries.ts';
import type { ProfileStore, StoredView, WriteOutcome } from '../../core/profile/profile-store.ts';
import { ProfileRefusedError } from '../../core/profile/working-set.ts';
import { loadView } from './load-view.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * How often a group is folded anew because somebody else wrote first. Two consumers of one customer
 * settle in two or three; after eight the stream's own redelivery takes over.
 */
export const CONFLICTS_MAX = 8;

/**
 * Events looked at together once a group has proved too large for one write: what a thousand users of
 * one device need need not be read again for every sixteen of them.
 */
const WINDOW_EVENTS_MAX = 100;

const none: ReadonlySet<string> = new Set();

/** The wait before the n-th attempt is drawn from 0 … this · 2ⁿ. */
const BACKOFF_MS = 10;
const BACKOFF_MS_MAX = 500;

export interface GroupResult {
  /** Of the events from the first on whose effects are durable, with the time at which they were. */
  readonly settled: readonly Settled[];
  /** Why the rest is not; undefined when all of it is. Without personal data. */
  readonly failure: GroupFailure | undefined;
  readonly conflictCount: number;
  /** What durable events named beside their customer's identities, and was not joined to them. */
  readonly refused: readonly EventRefusal[];
}

/** An event whose effects are durable. */
export interface Settled {
  readonly event: CollectedEvent;
  readonly outcome: EventOutcome;
  readonly atMs: number;
}

export type GroupFailure =
  | { readonly kind: 'refused'; readonly cause: string }
  | { readonly kind: 'contended' }
  | { readonly kind: 'store'; readonly error: unknown };

/**
 * Takes one group of events into its profiles: fold as many as fit one write, write, go on. A write
 * that finds its profiles changed reads them again and folds anew; one that finds an order counted
 * before folds without it. Nothing here rejects.
 */
export async function enrichGroup(
  store: ProfileStore,
  loaded: StoredView,
  deliveries: readonly DeliveredEvent[],
  surroundings: Surroundings,
): Promise<GroupResult> {
  const settled: Settled[] = [];
  let takenClaims: ReadonlySet<string> = none;
  const refused: EventRefusal[] = [];
  let conflictCount = 0;
  let view = loaded;
  let window = deliveries;
  let coldIds: ReadonlySet<string> = none;
  const ended = (failure?: GroupFailure): GroupResult => ({
    settled,
    failure,
    conflictCount,
    refused,
  });
  try {
    while (settled.length < deliveries.length) {
      const chunk = foldDeliveries(view, window, takenClaims);
      if ('coldNeededOf' in chunk && !coldIds.has(chunk.coldNeededOf)) {
        coldIds = new Set([...coldIds, chunk.coldNeededOf]);
        view = await loadView(store, window, coldIds);
        continue;
      }
      const outcome = await writeChunk(store, chunk);
      if (outcome.kind === 'written' && !('coldNeededOf' in chunk)) {
        const atMs = surroundings.nowMs();
        refused.push(...chunk.refused);
        for (const each of chunk.outcomes) {
          const delivered = deliveries[settled.length];
          if (delivered !== undefined)
            settled.push({ event: delivered.event, outcome: each, atMs });
        }
        if (settled.length === deliveries.length) break;
      } else if (outcome.kind === 'claimed') {
        takenClaims = new Set([...takenClaims, ...outcome.keys]);
        // What was read still stands: nothing but the claims was in the way.
        continue;
      } else {
        conflictCount += 1;
        if (conflictCount > CONFLICTS_MAX) return ended({ kind: 'contended' });
        await surroundings.sleep(backoffMs(conflictCount, surroundings.random()));
      }
      window = deliveries.slice(settled.length, settled.length + WINDOW_EVENTS_MAX);
      view = await loadView(store, window, coldIds);
    }
    return ended();
  } catch (error) {
    if (error instanceof ProfileRefusedError) {
      return ended({ kind: 'refused', cause: error.message });
    }
    return ended({ kind: 'store', error });
  }
}

function writeChunk(store: ProfileStore, chunk: Folding): WriteOutcome | Promise<WriteOutcome> {
  // A cold item that was asked for and is still of another moment: somebody is writing it.
  if ('coldNeededOf' in chunk) return { kind: 'conflict' };
  return chunk.write === undefined ? { kind: 'written' } : store.write(chunk.write);
}

/** Full jitter: the customers of an outage come back spread out. */
function backoffMs(attempt: number, random: number): number {
  return random * Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt);
}
