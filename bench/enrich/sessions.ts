import type { Visitor } from '../../core/events/context/enrich-context.ts';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { generateShop } from '../../examples/shop/generate.ts';
import type { SegmentCall } from '../../examples/shop/segment-call.ts';
import type { StreamRecord } from '../../lambdas/enrich/stream-record.ts';
import { readUserAgent } from '../../lambdas/ingest/user-agent.ts';

/** A fixed day, so that the same batches come of every run. */
const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const CUSTOMERS = 1_500;
export const BATCH_RECORDS = 200;

/** Events of one customer that lie together in a batch, on average. */
export const COALESCED = 3;

/**
 * What the synthetic shop's customers did, as batches off the stream: each holds three events in a row of
 * some 67 customers whose sessions go on at the same time, as a batch of a busy shard does.
 */
export function sessionBatches(): StreamRecord[][] {
  const { calls } = generateShop({ seed: 1, nowMs: NOW_MS, customerCount: CUSTOMERS });
  const records = runsInTurns(calls).map((call, index) => recordOf(call, index));
  const batches: StreamRecord[][] = [];
  for (let at = 0; at + BATCH_RECORDS <= records.length; at += BATCH_RECORDS) {
    batches.push(records.slice(at, at + BATCH_RECORDS));
  }
  return batches;
}

/** Everybody's first three calls, then everybody's next three, and so on. */
function runsInTurns(calls: readonly SegmentCall[]): SegmentCall[] {
  const turns: SegmentCall[][] = [];
  for (const own of Map.groupBy(calls, ({ anonymousId }) => anonymousId).values()) {
    for (let turn = 0; turn * COALESCED < own.length; turn += 1) {
      turns[turn] ??= [];
      turns[turn]?.push(...own.slice(turn * COALESCED, (turn + 1) * COALESCED));
    }
  }
  return turns.flat();
}

const hasher = new IdentityHasher('s'.repeat(64));

/** What the collector puts on the stream for a call; `visitor` is whose browser made it. */
export function recordOf(call: SegmentCall, index: number, visitor?: Visitor): StreamRecord {
  const receivedAtMs = Date.parse(call.timestamp);
  const { accepted, refused } = collectCalls([call], {
    source: { sourceId: 'website', priority: 100 },
    receivedAtMs,
    hasher,
    mayHoldEmail: true,
    newMessageId: () => `bench-${index}`,
    callBytesMax: 32_768,
    readUserAgent,
    ...(visitor !== undefined && { visitor }),
  });
  const [record] = accepted;
  if (record === undefined)
    throw new Error(`a call is refused: ${JSON.stringify(refused[0]?.issues)}`);
  return {
    shardId: 'shardId-000000000000',
    sequenceNumber: String(10n ** 20n + BigInt(index)),
    partitionKey: record.partitionKey,
    arrivedAtMs: receivedAtMs,
    data: Buffer.from(record.data).toString('base64'),
  };
}
