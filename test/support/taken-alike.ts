import { expect } from 'vitest';
import { readBatch } from '../../core/events/batch.ts';
import { jsonMayHoldEmail } from '../../core/events/email-address.ts';
import type { EventSource } from '../../core/events/source.ts';
import { readBatchSentAt } from '../../core/events/validate-call.ts';
import { type CollectOptions, collectCalls } from '../../core/identity/collect-calls.ts';
import { collectPlain, plainBatchOf } from '../../core/identity/collect-plain.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { readUserAgent } from '../../lambdas/ingest/user-agent.ts';
import { eventIn } from './event-in.ts';

const visitor = {
  isPrefetch: false,
  network: '203.0.113.0',
  context: { userAgent: 'curl/8', locale: 'de', ip: '203.0.113.0' },
};

interface Sender {
  readonly isVisitor?: boolean;
  readonly eventFamilies?: EventSource['eventFamilies'];
}

function optionsOf(sentAt: unknown, sender: Sender, text: string): CollectOptions {
  const { isVisitor = false, ...families } = sender;
  const batchSentAt = readBatchSentAt(sentAt);
  let ids = 0;
  return {
    source: { sourceId: 'website', priority: 100, ...families },
    receivedAtMs: Date.parse('2026-11-23T12:00:00Z'),
    hasher: new IdentityHasher('s'.repeat(64)),
    mayHoldEmail: jsonMayHoldEmail(text),
    newMessageId: () => {
      ids += 1;
      return `fresh-${ids}`;
    },
    callBytesMax: 32 * 1024,
    readUserAgent,
    ...(isVisitor ? { visitor } : {}),
    ...(batchSentAt === undefined ? {} : { batchSentAt }),
    check: (event) => (event === 'Refused' ? 'unregistered' : 'fine'),
  };
}

/** Whether the text was taken as it stands; if it was, everything must be as if it had been parsed. */
export function isTakenAlike(text: string, sender: Sender = {}): boolean {
  const bytes = Buffer.from(text);
  const plain = plainBatchOf(bytes);
  if (plain === undefined) return false;
  const body = JSON.parse(text);
  expect(plain.sentAt).toBe(body.sentAt);
  expect(plain.writeKey).toBe(body.writeKey);
  const accepted = collectPlain(plain, optionsOf(plain.sentAt, sender, text));
  if (accepted === undefined) return false;
  const batch = readBatch(body);
  if ('problem' in batch) throw new Error('no batch is taken for one');
  const judged = collectCalls(batch.calls, optionsOf(batch.sentAt, sender, text));
  expect(judged.refused).toEqual([]);
  expect(accepted.map(eventIn)).toEqual(judged.accepted.map(eventIn));
  expect(accepted.map(({ event }) => event)).toEqual(judged.accepted.map(({ event }) => event));
  expect(accepted.map(({ partitionKey }) => partitionKey)).toEqual(
    judged.accepted.map(({ partitionKey }) => partitionKey),
  );
  for (const [index, { data }] of accepted.entries()) {
    // But for the order of the context's fields, the very bytes.
    expect(data).toHaveLength(judged.accepted[index]!.data.length);
    const own = Buffer.from(data).toString().split(',"context":')[0];
    expect(own).toBe(Buffer.from(judged.accepted[index]!.data).toString().split(',"context":')[0]);
  }
  return true;
}
