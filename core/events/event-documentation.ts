import { blockDocumentation, experimentDocumentation } from './documentation/block.ts';
import { browsingDocumentation, promotionDocumentation } from './documentation/browsing.ts';
import { emailDocumentation } from './documentation/email.ts';
import {
  couponDocumentation,
  reviewingDocumentation,
  sharingDocumentation,
  wishlistDocumentation,
} from './documentation/engagement.ts';
import { orderDocumentation, productDocumentation } from './documentation/ordering.ts';
import {
  ownDocumentation,
  pageDocumentation,
  statementDocumentation,
} from './documentation/statements.ts';
import type { EventDefinition } from './event-definition.ts';
import { eventDefinitions } from './registry.ts';

/** What people are told of an event. Apart from the registry, so that no function carries it along. */
export interface EventDocumentation {
  readonly description: string;
  /** What becomes of it, in words. */
  readonly mapsTo: string;
  /** Valid properties, at least one. */
  readonly examples: readonly [Readonly<Record<string, unknown>>, ...Record<string, unknown>[]];
}

export interface DocumentedEvent extends EventDefinition, EventDocumentation {}

const documentation: Readonly<Record<string, EventDocumentation>> = {
  ...browsingDocumentation,
  ...promotionDocumentation,
  ...productDocumentation,
  ...orderDocumentation,
  ...couponDocumentation,
  ...wishlistDocumentation,
  ...sharingDocumentation,
  ...reviewingDocumentation,
  ...emailDocumentation,
  ...blockDocumentation,
  ...experimentDocumentation,
  ...statementDocumentation,
  ...pageDocumentation,
  ...ownDocumentation,
};

/** Every event of the registry with what is told of it, in the registry's order. */
export const documentedEvents: readonly DocumentedEvent[] = eventDefinitions.map((definition) => {
  const told = documentation[definition.name];
  if (told === undefined) throw new Error(`${definition.name} lacks its documentation`);
  return { ...definition, ...told };
});
