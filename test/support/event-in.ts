import { type CollectedEvent, collectedEvent } from '../../core/events/event.ts';

/** The event in a record's bytes. */
export function eventIn({ data }: { readonly data: Uint8Array }): CollectedEvent {
  return collectedEvent.parse(JSON.parse(Buffer.from(data).toString()));
}
