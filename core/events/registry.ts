import type { EventDefinition } from './event-definition.ts';
import { type ObjectCheck, objectCheckOf } from './object-check.ts';
import { blockEvents, experimentEvents } from './properties/block.ts';
import { browsingEvents, promotionEvents } from './properties/browsing.ts';
import { emailEvents } from './properties/email.ts';
import {
  couponEvents,
  reviewingEvents,
  sharingEvents,
  wishlistEvents,
} from './properties/engagement.ts';
import { orderEvents, productEvents } from './properties/ordering.ts';
import { ownEvents, pageEvents, statementEvents } from './properties/statements.ts';

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
  ...blockEvents,
  ...experimentEvents,
  ...statementEvents,
  ...pageEvents,
  ...ownEvents,
];

const definitions: ReadonlyMap<string, EventDefinition> = new Map(
  eventDefinitions.map((definition) => [definition.name, definition]),
);

/** The definition of an event; nothing for a custom one. */
export function eventDefinitionOf(name: string): EventDefinition | undefined {
  return definitions.get(name);
}

const propertiesChecks: ReadonlyMap<string, ObjectCheck> = new Map(
  eventDefinitions.map(({ name, properties }) => [name, objectCheckOf(properties)]),
);

/** Checks the properties of an event; nothing for a custom one. */
export function propertiesCheckOf(name: string): ObjectCheck | undefined {
  return propertiesChecks.get(name);
}
