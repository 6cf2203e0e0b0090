import * as z from 'zod';
import { hashedEmail, isEmailAddress } from './email-address.ts';
import type { EventType } from './event.ts';
import { optionalId, optionalText } from './field.ts';
import { EVENT_NAME_CHARACTERS_MAX, MESSAGE_ID_CHARACTERS_MAX } from './limits.ts';

/**
 * A call as an SDK sends it, before times, identities and properties are settled.
 * Source: https://segment.com/docs/connections/spec/ ; unknown fields are kept.
 */

const emptyAsAbsent = (value: unknown): unknown =>
  value === '' || value === null ? undefined : value;

const messageId = z.preprocess(emptyAsAbsent, z.string().max(MESSAGE_ID_CHARACTERS_MAX).optional());

/** Anything else in this place would join strangers: all customers whose address is "n/a". */
const email = z.preprocess(
  emptyAsAbsent,
  z
    .string()
    .refine((text) => isEmailAddress(text) || hashedEmail(text) !== undefined, {
      message:
        'expected one email address or its SHA-256 in hex; leave the field out where it is unknown',
    })
    .optional(),
);

const traits = z.looseObject({ email }).nullish();

const anyProperties = z.looseObject({}).nullish();

const shared = {
  messageId,
  event: z.preprocess(emptyAsAbsent, z.string().max(EVENT_NAME_CHARACTERS_MAX).optional()),
  userId: optionalId,
  anonymousId: optionalId,
  // Times are read by event-time.ts, whose remedies know the usual mistakes.
  timestamp: z.unknown().optional(),
  originalTimestamp: z.unknown().optional(),
  traits,
  properties: anyProperties,
  context: z.looseObject({ traits }).nullish(),
};

const pageLike = z.looseObject({
  ...shared,
  name: optionalText,
  category: optionalText,
});

const callSchemas: Readonly<Record<EventType, z.ZodObject>> = {
  track: z.looseObject({
    ...shared,
    event: z.string().min(1).max(EVENT_NAME_CHARACTERS_MAX),
    // Their schema depends on the event's name; see event-properties.ts.
    properties: z.unknown().optional(),
  }),
  identify: z.looseObject(shared),
  page: pageLike,
  screen: pageLike,
  group: z.looseObject({ ...shared, groupId: optionalId }),
  alias: z.looseObject({ ...shared, previousId: optionalId }),
};

export function callSchemaOf(type: EventType): z.ZodObject {
  return callSchemas[type];
}
