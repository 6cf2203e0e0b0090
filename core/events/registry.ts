import type { EventDefinition } from './event-definition.ts';
import { browsingEvents, promotionEvents } from './properties/browsing.ts';
import { emailEvents } from './properties/email.ts';
import {
  couponEvents,
  reviewingEvents,
  sharingEvents,
  wishlistEvents,
} from './properties/engagement.ts';
import { orderEvents, productEvents } from './properties/ordering.ts';
import { type SureCheck, sureCheckOf } from './sure-check.ts';

/** Every event that Kindred knows by name, in the order of the specs. */
export const eventDefinitions: readonly EventDefinition[] = [
  ...browsingEvents,
  ...promotionEvents,
  ...productEvents,
  ...orderEvents,
  ...couponEvents,
  ...wishlistEvents,
  ...sharingEvents,
  ...reviewingEvents,
  ...emailEvents,
];

const definitions: ReadonlyMap<string, EventDefinition> = new Map(
  eventDefinitions.map((definition) => [definition.name, definition]),
);

/** The definition of an event; nothing for a custom one. */
export function eventDefinitionOf(name: string): EventDefinition | undefined {
  return definitions.get(name);
}

const sureChecks: ReadonlyMap<string, SureCheck> = new Map(
  eventDefinitions.map(({ name, properties }) => [name, sureCheckOf(properties)]),
);

/** Whether properties surely satisfy their event's schema as they are. */
export function isSureProperties(name: string, properties: unknown): boolean {
  // Level 2: they stand inside a call.
  return sureChecks.get(name)?.(properties, 2) ?? false;
}
