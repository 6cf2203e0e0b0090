import type { EventType } from '../../events/event.ts';
import type { CopiedField, FieldRule, RecordMapping } from '../record-mapping.ts';

/** Where an ESP's record says what every email event needs. */
export interface EmailPlaces {
  readonly esp: string;
  readonly title: string;
  /** The ESP's page that describes the records. */
  readonly source: string;
  /** The shop's own id of the customer, where its mails carry it. */
  readonly customerId: readonly string[];
  readonly address: readonly string[];
  readonly time: CopiedField;
  readonly userAgent?: string;
  readonly properties: readonly FieldRule[];
}

/**
 * Makes an ESP's mappings: to whom and when it happened is the same for all of its kinds. The
 * customer is the shop's own id, else the address; the address joins the two either way.
 */
export function emailMappings(
  places: EmailPlaces,
  kinds: Readonly<
    Record<string, { event: string; properties?: readonly FieldRule[]; time?: CopiedField }>
  >,
): RecordMapping[] {
  const { esp, title, source, customerId, address, userAgent } = places;
  return Object.entries(kinds).map(([kind, { event, properties = [], time = places.time }]) => ({
    id: `${esp}/${kind}`,
    title: `${title}: ${kind}`,
    source,
    call: { type: 'track' satisfies EventType, event },
    fields: [
      { from: [...customerId, ...address], to: 'userId', as: 'text' },
      { from: address, to: 'context.traits.email' },
      time,
      ...(userAgent === undefined ? [] : [{ from: userAgent, to: 'context.userAgent' }]),
      { value: esp, to: 'properties.esp' },
      ...places.properties,
      ...properties,
    ],
  }));
}
