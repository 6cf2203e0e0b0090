/**
 * The first stored form: a profile as one item, field by field. Written until version 2 of the schema;
 * read and split in two here, and written in the new form with the customer's next event. What this file
 * says of version 1 never changes.
 */
import * as z from 'zod';
import { laneSequence, messageMark } from './evidence.ts';
import { marksText } from './message-marks.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';

const moneyMinor = z.record(z.string(), z.number());
const interactionKind = z.enum(['view', 'cart', 'uncart', 'purchase']);
const trait = z.object({
  value: z.unknown(),
  source: z.string(),
  priority: z.number(),
  timeMs: z.number(),
});

export const profileV1 = z.object({
  schemaVersion: z.literal(1),
  profileId: z.string(),
  version: z.number(),
  identities: z.array(z.string()),
  formerIdentities: z.array(z.string()).optional(),
  traits: z.record(z.string(), trait),
  consent: z
    .object({
      personalization: z.object({ granted: z.boolean(), timeMs: z.number(), source: z.string() }),
    })
    .optional(),
  recent: z.array(z.object({ itemId: z.string(), kind: interactionKind, timeMs: z.number() })),
  orders: z.object({
    count: z.number(),
    revenueMinor: moneyMinor,
    refundCount: z.number(),
    refundedMinor: moneyMinor,
    firstAtMs: z.number().optional(),
    lastAtMs: z.number().optional(),
  }),
  email: z.object({ openCount: z.number(), clickCount: z.number() }),
  eventCount: z.number(),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
  evidence: z.object({
    /** Decimal sequence numbers by lanes of 11 characters. */
    lanes: z.record(z.string(), z.string()),
    /** 17 characters each, oldest first: milliseconds in base 36 (8) and a hash (9). */
    messages: z.string(),
  }),
});

/** Names of lanes were two characters longer, hashes of messages too; the beginnings are the same. */
const LANE_LENGTH = 9;
const MARK_LENGTH = 17;
const MARK_TIME_LENGTH = 8;

/** The same customer in today's terms. */
export function migratedFromV1(stored: z.infer<typeof profileV1>): Profile {
  const { formerIdentities, consent, orders, evidence, ...same } = stored;
  const { firstAtMs, lastAtMs, ...sums } = orders;
  const lanes = Object.entries(evidence.lanes).map(([lane, sequenceNumber]) => [
    lane.slice(0, LANE_LENGTH),
    laneSequence(sequenceNumber),
  ]);
  return {
    ...same,
    schemaVersion: PROFILE_SCHEMA_VERSION,
    ...(formerIdentities !== undefined && { formerIdentities }),
    ...(consent !== undefined && { consent }),
    orders: {
      ...sums,
      ...(firstAtMs !== undefined && { firstAtMs }),
      ...(lastAtMs !== undefined && { lastAtMs }),
    },
    evidence: { lanes: Object.fromEntries(lanes), messages: marksText(marksIn(evidence.messages)) },
  };
}

function* marksIn(messages: string) {
  for (let at = 0; at < messages.length; at += MARK_LENGTH) {
    const arrivedAtMs = Number.parseInt(messages.slice(at, at + MARK_TIME_LENGTH), 36);
    yield messageMark(messages.slice(at + MARK_TIME_LENGTH, at + MARK_LENGTH), arrivedAtMs);
  }
}
