import * as z from 'zod';
import { eventType } from '../event.ts';

/**
 * What is kept for a day of what happened to single events: enough to answer "what happened to my
 * event?", and nothing of what the event said. No properties, no traits, no identities.
 */
export const fates = ['accepted', 'quarantined', 'folded', 'duplicate', 'poison'] as const;
export const fate = z.enum(fates);
export type Fate = z.infer<typeof fate>;

const text = z.string();

export const fact = z.strictObject({
  fate,
  /** Absent on poison, and where the sender sent none. */
  messageId: text.optional(),
  type: eventType.optional(),
  /** Name of a `track` call. */
  event: text.optional(),
  /** Why it was quarantined, or is poison. */
  reason: text.optional(),
  issues: z.array(z.strictObject({ path: text, message: text })).optional(),
  /** When the collector received it, ISO 8601 UTC. */
  receivedAt: text.optional(),
});
export type Fact = z.infer<typeof fact>;

/** The source under which records stand that name none; no source can have this id. */
export const NO_SOURCE = '(none)';

/** Facts of one source that a process wrote down together. */
export const inspectionPage = z.strictObject({
  /** When they were written, ISO 8601 UTC. */
  writtenAt: z.iso.datetime(),
  facts: z.array(fact),
  /** Events since the page before of whom nothing is said, because there were too many. */
  leftOutCount: z.int().nonnegative(),
});
export type InspectionPage = z.infer<typeof inspectionPage>;
