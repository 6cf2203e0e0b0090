import { setTimeout as sleep } from 'node:timers/promises';
import type { InspectorReader } from '../../adapters/dynamodb/inspector-reader.ts';
import type { InspectionPage } from '../../core/events/inspection/fact.ts';
import {
  type InspectedEvent,
  inspect,
  type Wanted,
} from '../../core/events/inspection/inspected-event.ts';

export interface Following {
  readonly reader: InspectorReader;
  /** Absent: all sources that have sent anything of late. */
  readonly sourceId: string | undefined;
  readonly wanted: Omit<Wanted, 'limit'>;
  readonly sinceMs: number;
  readonly isFollowing: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (source: string, event: InspectedEvent) => void;
  readonly onLeftOut: (count: number) => void;
}

const POLL_MS = 1_000;
/** Clocks of processes differ, and a page is seen a moment after its time: this much is read again. */
const OVERLAP_MS = 60_000;
/** Pages of one source that are looked through at once: 5,000 events. */
const PAGES_MAX = 200;

/** Tells each event once, and again when more has become of it. */
export async function followEvents(following: Following): Promise<void> {
  const { reader, sourceId, isFollowing, signal } = following;
  const told = new Map<string, string>();
  let sinceMs = following.sinceMs;
  for (;;) {
    const startedMs = Date.now();
    const sources = sourceId === undefined ? await reader.sourceIds() : [sourceId];
    const since = new Date(sinceMs).toISOString();
    for (const source of sources) {
      tell(source, await reader.pages(source, since, PAGES_MAX), following, told);
    }
    if (!isFollowing || signal.aborted) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    sinceMs = Math.max(sinceMs, startedMs - OVERLAP_MS);
    forgetBefore(told, sinceMs);
  }
}

function tell(
  source: string,
  pages: readonly InspectionPage[],
  { wanted, onEvent, onLeftOut }: Following,
  told: Map<string, string>,
): void {
  const { events } = inspect(pages, { ...wanted, limit: Number.POSITIVE_INFINITY });
  for (const event of events.toReversed()) {
    const key = `${event.writtenAt} ${source} ${event.messageId ?? JSON.stringify(event)} ${event.fates.join()}`;
    if (told.has(key)) continue;
    told.set(key, event.writtenAt);
    onEvent(source, event);
  }
  for (const { writtenAt, leftOutCount } of pages) {
    const key = `${writtenAt} ${source} left out ${leftOutCount}`;
    if (leftOutCount === 0 || told.has(key)) continue;
    told.set(key, writtenAt);
    onLeftOut(leftOutCount);
  }
}

/** Nothing older is read again, so that hours of following take no more memory than minutes. */
function forgetBefore(told: Map<string, string>, sinceMs: number): void {
  const since = new Date(sinceMs).toISOString();
  for (const [key, writtenAt] of told) if (writtenAt < since) told.delete(key);
}
