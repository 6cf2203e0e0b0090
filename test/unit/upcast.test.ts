import { describe, expect, it } from 'vitest';
import { EVENT_SCHEMA_VERSION } from '../../core/events/event.ts';
import { readStoredEvent, type Upcast, upcast, upcasts } from '../../core/events/upcast.ts';

const steps: Upcast[] = [
  (record) => ({ ...record, schemaVersion: 1, added: true }),
  ({ name, ...record }) => ({ ...record, schemaVersion: 2, title: name }),
];

describe('a stored record of an older version', () => {
  it('goes through every step from its own version on', () => {
    expect(upcast({ name: 'a' }, steps)).toEqual({ schemaVersion: 2, added: true, title: 'a' });
    expect(upcast({ schemaVersion: 1, name: 'a' }, steps)).toEqual({
      schemaVersion: 2,
      title: 'a',
    });
    expect(upcast({ schemaVersion: 2, name: 'a' }, steps)).toEqual({ schemaVersion: 2, name: 'a' });
  });

  it('has a step for each version there was', () => {
    expect(upcasts).toHaveLength(EVENT_SCHEMA_VERSION);
  });

  it('of version 0 is read as an event of a source believed as others are', () => {
    const record = {
      messageId: 'm',
      type: 'page',
      identities: [{ kind: 'userId', key: 'k' }],
      source: 'website',
      timestamp: '2026-11-23T12:00:00.000Z',
      receivedAt: '2026-11-23T12:00:00.000Z',
    };
    expect(readStoredEvent(record)).toMatchObject({
      success: true,
      data: { schemaVersion: EVENT_SCHEMA_VERSION, sourcePriority: 100 },
    });
  });

  it('of no known version stays as it is and is no event', () => {
    expect(upcast('text')).toBe('text');
    expect(readStoredEvent({ schemaVersion: 99 }).success).toBe(false);
  });
});
