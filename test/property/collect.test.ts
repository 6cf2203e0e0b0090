import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBatch } from '../../core/events/batch.ts';
import { mayHoldEmail } from '../../core/events/email-address.ts';
import { eventTypes } from '../../core/events/event.ts';
import { readBatchSentAt } from '../../core/events/validate-call.ts';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { eventIn } from '../support/event-in.ts';

const receivedAtMs = Date.parse('2026-11-23T12:00:00Z');

const collect = (calls: readonly unknown[], text: string, sentAt?: unknown) => {
  const batchSentAt = readBatchSentAt(sentAt);
  return collectCalls(calls, {
    ...(batchSentAt === undefined ? {} : { batchSentAt }),
    source: { sourceId: 'website', priority: 100 },
    receivedAtMs,
    hasher: new IdentityHasher('s'.repeat(64)),
    mayHoldEmail: mayHoldEmail(text),
    newMessageId: () => 'fresh',
    callBytesMax: 32 * 1024,
  });
};

/** JSON that looks enough like calls to reach the depths of validation. */
const callLike = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...eventTypes), fc.jsonValue()),
    event: fc.oneof(
      fc.constantFrom('Product Viewed', 'Order Completed', 'Email Opened', '__proto__'),
      fc.jsonValue(),
    ),
    userId: fc.oneof(fc.string(), fc.integer(), fc.jsonValue()),
    anonymousId: fc.oneof(fc.uuid(), fc.jsonValue()),
    messageId: fc.oneof(fc.uuid(), fc.jsonValue()),
    timestamp: fc.oneof(fc.date({ noInvalidDate: true }).map(String), fc.jsonValue()),
    sentAt: fc.jsonValue(),
    properties: fc.oneof(
      fc.record({ product_id: fc.jsonValue(), price: fc.jsonValue(), products: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    traits: fc.jsonValue(),
    context: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

describe('whatever JSON arrives', () => {
  it('every call of a batch is either accepted, in valid form, or refused with an issue', () => {
    const body = fc.record(
      {
        batch: fc.array(fc.oneof(callLike, fc.jsonValue())),
        sentAt: fc.jsonValue(),
        context: fc.jsonValue(),
      },
      { requiredKeys: ['batch'] },
    );
    fc.assert(
      fc.property(body, (value) => {
        const text = JSON.stringify(value);
        const batch = readBatch(JSON.parse(text));
        if ('problem' in batch) return;
        const { accepted, refused } = collect(batch.calls, text, batch.sentAt);
        expect(accepted.length + refused.length).toBe(batch.calls.length);
        for (const record of accepted) eventIn(record);
        for (const call of refused) {
          expect(call.issues.length).toBeGreaterThan(0);
          JSON.stringify(quarantinedCall(call, { source: 'website', receivedAtMs }));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('an envelope of any form is opened or has a problem', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readBatch(value)));
  });
});

describe('an email address anywhere in a call', () => {
  const address = fc.emailAddress();
  const around = fc.constantFrom('', ' ', 'mailto:', '<', 'to: ', '?email=', '"');
  const placed = fc
    .tuple(address, around, fc.boolean(), fc.boolean())
    .map(([email, before, isUpper, isEncoded]) => {
      const written = isUpper ? email.toUpperCase() : email;
      return { email, text: `${before}${isEncoded ? written.replace('@', '%40') : written}` };
    });
  const place = fc.constantFrom(
    'userId',
    'anonymousId',
    'messageId',
    'event',
    'traits',
    'context',
    'key',
    'deep',
    'unknown',
  );

  const callWith = (text: string, where: string): Record<string, unknown> => {
    const call = { type: 'track', event: 'Quiz Finished', userId: 'u' };
    switch (where) {
      case 'traits':
        return { ...call, traits: { email: text, note: text } };
      case 'context':
        return {
          ...call,
          context: { page: { url: `https://x.example/?e=${text}` }, traits: { email: text } },
        };
      case 'key':
        return { ...call, properties: { [text]: 1 } };
      case 'deep':
        return { ...call, properties: { a: [{ b: [text] }] } };
      default:
        return { ...call, [where]: text };
    }
  };

  it('is neither on the stream nor in quarantine', () => {
    fc.assert(
      fc.property(placed, place, fc.boolean(), ({ email, text }, where, isEscaped) => {
        const json = JSON.stringify(callWith(text, where));
        const body = isEscaped ? json.replaceAll('@', '\\u0040') : json;
        const { accepted, refused } = collect([JSON.parse(body)], body);
        const stored = [
          ...accepted.map((record) => record.data),
          ...refused.map((call) =>
            JSON.stringify(quarantinedCall(call, { source: 'website', receivedAtMs })),
          ),
        ].join();
        expect(stored.toLowerCase()).not.toContain(email.toLowerCase());
        expect(stored.toLowerCase()).not.toContain(email.toLowerCase().replace('@', '%40'));
      }),
      { numRuns: 1000 },
    );
  });
});
