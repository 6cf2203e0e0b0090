import * as z from 'zod';

/**
 * The event: what a customer said or did, in the Segment Spec's form, after the collector has
 * checked it. This is the record on the Kinesis stream (one JSON document and a line feed), the
 * line in the lake, and what enrichment folds into a profile.
 *
 * Source of the form: https://segment.com/docs/connections/spec/ ; unknown fields are kept.
 */
export const EVENT_SCHEMA_VERSION = 1;

export const eventTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
export const eventType = z.enum(eventTypes);
export type EventType = z.infer<typeof eventType>;

/** Which kinds of identifier Kindred joins customers by. */
export const identityKinds = ['userId', 'email', 'anonymousId'] as const;
export const identityKind = z.enum(identityKinds);
export type IdentityKind = z.infer<typeof identityKind>;

/** One identifier of a customer: its kind and its HMAC (see core/identity/identity-key.ts), never the raw value. */
export const identity = z.object({ kind: identityKind, key: z.string().min(1).max(64) });
export type Identity = z.infer<typeof identity>;

export const collectedEvent = z.looseObject({
  schemaVersion: z.literal(EVENT_SCHEMA_VERSION),
  messageId: z.string().min(1).max(100),
  type: eventType,
  /** Name of a `track` call, e.g. `Product Viewed`. */
  event: z.string().optional(),
  /** Hashed identifiers, strongest first: userId, email, anonymousId. At least one. */
  identities: z.array(identity).min(1),
  /** Of an `alias`: the user id under which the shop knew this customer before. */
  formerIdentity: identity.optional(),
  /** Sent again out of the lake; states that the event has been on the stream before. */
  replayed: z.literal(true).optional(),
  /** Sent again to build the profiles of certain customers anew; see core/events/replay.ts. */
  rebuildId: z.uuid().optional(),
  /** The shop's own opaque ids, kept for joins and exports; an email address never stands here. */
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  /** Id of the source whose write key sent it. */
  source: z.string(),
  /** How far that source is believed when sources contradict one another; higher wins. */
  sourcePriority: z.number().optional(),
  /** Event time, ISO 8601 UTC: receivedAt − (sentAt − (originalTimestamp ?? timestamp)). */
  timestamp: z.iso.datetime(),
  /** When the collector received it, ISO 8601 UTC. */
  receivedAt: z.iso.datetime(),
  properties: z.record(z.string(), z.unknown()).optional(),
  traits: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
});
export type CollectedEvent = z.infer<typeof collectedEvent>;
