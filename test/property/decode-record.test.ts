import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord } from '../../lambdas/enrich/decode-record.ts';
import { trackEvent } from '../unit/event-maker.ts';

const recordOf = (bytes: Uint8Array) => ({
  shardId: 'shardId-000000000000',
  sequenceNumber: '1',
  partitionKey: 'key',
  arrivedAtMs: 0,
  data: Buffer.from(bytes).toString('base64'),
});

/** The document as a fatal decoder and the standard's JSON read it; undefined where they don't. */
function documentIn(bytes: Uint8Array): { event?: unknown } | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

describe('a record off the stream', () => {
  it('is an event where it is JSON in UTF-8, whatever its texts hold, and poison elsewhere', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\uFFFD', 'a'.repeat(70_000)),
    );
    const spoiled = fc.option(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }));
    fc.assert(
      fc.property(text, fc.boolean(), spoiled, (event, hasMark, spoil) => {
        const document = JSON.stringify(trackEvent(event));
        const bytes = Buffer.from(`${hasMark ? '\uFEFF' : ''}${document}`);
        if (spoil !== null) bytes[spoil.at % bytes.length] = spoil.byte;
        const decoded = decodeRecord(recordOf(bytes));
        const expected = documentIn(bytes);
        if (expected === undefined) expect(decoded.kind).toBe('poison');
        // What is JSON can still be no event.
        if (decoded.kind === 'event') expect(decoded.delivered.event.event).toBe(expected?.event);
        if (spoil === null) expect(decoded.kind).toBe('event');
      }),
      { numRuns: 500 },
    );
  });
});
