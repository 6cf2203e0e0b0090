/**
 * One shard as Lambda reads it, on a clock of its own: a batch is what has arrived when the one before is done,
 * and takes as long as it really takes. So the delays are those of one consumer, without waiting in real time.
 */
import type { StreamRecord } from '../../lambdas/enrich/stream-record.ts';
import { BATCH_RECORDS, recordOf } from './sessions.ts';

export const BURST_EVENTS = 10_000;
/** A shard takes a thousand records a second, so that a burst takes this long. */
const BURST_MS = 10_000;
const OTHERS_PER_SECOND = 100;
const OTHER_CUSTOMERS = 300;
const START_MS = Date.parse('2026-11-23T12:00:00Z');
const BURSTING = 'bursting';
const LATER = 1_000_000;

interface Arrival {
  readonly record: StreamRecord;
  /** Since the beginning. */
  readonly atMs: number;
  readonly isBurst: boolean;
}

/** Events of many customers, evenly, and between them `burstCount` of one. */
export function burstArrivals(burstCount: number, run = 'burst'): Arrival[] {
  const otherCount = (OTHERS_PER_SECOND * BURST_MS) / 1_000;
  const others = Array.from({ length: otherCount }, (_, index) => ({
    atMs: (index * BURST_MS) / otherCount,
    person: `other-${index % OTHER_CUSTOMERS}`,
  }));
  const burst = Array.from({ length: burstCount }, (_, index) => ({
    atMs: (index * BURST_MS) / burstCount,
    person: BURSTING,
  }));
  return [...others, ...burst]
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, person }, index) => {
      const call = {
        type: 'track' as const,
        event: 'Product Viewed',
        messageId: `${run}-${index}`,
        timestamp: new Date(START_MS + atMs).toISOString(),
        anonymousId: person,
        properties: { product_id: `sku-${index % 500}` },
      };
      // Later than the run before: sequence numbers of one partition key only rise.
      const sequence = run === 'burst' ? index + LATER : index;
      return { record: recordOf(call, sequence), atMs, isBurst: person === BURSTING };
    });
}

/** The longest time from arrival to the end of its batch of an event that is not the burst's. */
export async function longestDelayMs(
  arrivals: readonly Arrival[],
  work: (records: StreamRecord[]) => Promise<void>,
): Promise<number> {
  let nowMs = 0;
  let longestMs = 0;
  for (let from = 0; from < arrivals.length; ) {
    nowMs = Math.max(nowMs, arrivals[from]?.atMs ?? 0);
    const arrived = arrivals.slice(from, from + BATCH_RECORDS).filter(({ atMs }) => atMs <= nowMs);
    const startMs = performance.now();
    await work(arrived.map(({ record }) => record));
    nowMs += performance.now() - startMs;
    for (const { atMs, isBurst } of arrived) {
      if (!isBurst) longestMs = Math.max(longestMs, nowMs - atMs);
    }
    from += arrived.length;
  }
  return longestMs;
}
