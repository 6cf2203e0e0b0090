import * as z from 'zod';

export const ERASURE_REASON_LENGTH_MAX = 200;

/**
 * What stands under an identity whose customer was erased. It says nothing of whom: the identity is the keyed
 * hash that it always was.
 */
export const erasedIdentity = z.object({
  erasureId: z.string(),
  erasedAtMs: z.number(),
  /** Why, in the shop's words without personal data, e.g. the number of the request. */
  reason: z.string().max(ERASURE_REASON_LENGTH_MAX),
  /** Whether nothing may be kept of this identity ever again. */
  isSuppressed: z.boolean(),
});
export type ErasedIdentity = z.infer<typeof erasedIdentity>;

/** When something happened and when it was received, ISO 8601 UTC. */
export interface EventTimes {
  readonly timestamp: string;
  readonly receivedAt: string;
}

/**
 * Whether an event under an erased identity belongs to what was erased: it was received before, or it happened
 * before and came late, by whatever way. What happens afterwards is a new relationship, unless the customer
 * asked for none.
 */
export function isOfThePast(
  erased: Pick<ErasedIdentity, 'erasedAtMs' | 'isSuppressed'> | undefined,
  { timestamp, receivedAt }: EventTimes,
): boolean {
  if (erased === undefined) return false;
  if (erased.isSuppressed) return true;
  return Math.min(Date.parse(timestamp), Date.parse(receivedAt)) <= erased.erasedAtMs;
}
