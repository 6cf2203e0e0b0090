import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectedEvent } from '../../core/events/event.ts';
import { isSureEvent } from '../../core/events/sure-event.ts';
import { eventBy } from './event-arbitrary.ts';

const good = eventBy(fc.constant([{ kind: 'userId' as const, key: 'k' }]));

/** An event with some of its fields replaced by anything, left out, or added. */
const nearlyGood = fc
  .tuple(
    good,
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          ...['schemaVersion', 'messageId', 'type', 'event', 'identities', 'userId', 'source'],
          ...['anonymousId', 'sourcePriority', 'timestamp', 'receivedAt', 'properties', 'traits'],
          ...['context', '__proto__', 'formerIdentity', 'replayed'],
        ),
        fc.string(),
      ),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom('2026-02-30T00:00:00.000Z', '2026-02-28T24:00:00.000Z', '2026-02-28'),
        fc.constant([{ kind: 'email', key: 'k', more: 1 }]),
        fc.constant([{ kind: 'phone', key: 'k' }]),
        fc.string({ minLength: 60, maxLength: 120 }),
      ),
      { maxKeys: 3 },
    ),
  )
  .map(([event, changes]): unknown => JSON.parse(JSON.stringify({ ...event, ...changes })));

describe('a record that is surely an event', () => {
  it('is one, and the same, by the schema', () => {
    let sureCount = 0;
    fc.assert(
      fc.property(nearlyGood, (record) => {
        if (!isSureEvent(record)) return;
        sureCount += 1;
        expect(collectedEvent.parse(record)).toEqual(record);
      }),
      { numRuns: 5_000 },
    );
    expect(sureCount).toBeGreaterThan(500);
  });

  it('is every one that the collector writes', () => {
    fc.assert(fc.property(good, (event) => isSureEvent(JSON.parse(JSON.stringify(event)))));
  });
});
