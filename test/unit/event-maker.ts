import type { CollectedEvent } from '../../core/events/event.ts';

/** A track event by the user `u1`, with what a test says of it. */
export function trackEvent(event: string, said: Partial<CollectedEvent> = {}): CollectedEvent {
  return {
    schemaVersion: 1,
    messageId: 'm1',
    type: 'track',
    event,
    identities: [{ kind: 'userId', key: 'u1' }],
    source: 'website',
    timestamp: '2026-01-02T00:00:00.000Z',
    receivedAt: '2026-01-02T00:00:01.000Z',
    ...said,
  };
}
