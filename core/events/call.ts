import * as z from 'zod';
import { hashedEmail, isEmailAddress } from './email-address.ts';
import type { EventType } from './event.ts';
import { optionalFlag, optionalId, optionalLabel, optionalObject, optionalText } from './field.ts';
import { EVENT_NAME_CHARACTERS_MAX, MESSAGE_ID_CHARACTERS_MAX } from './limits.ts';
import { type ObjectCheck, objectCheckOf } from './object-check.ts';
import { isSureEmail, type SureCheck } from './sure-check.ts';

/**
 * A call as an SDK sends it, before times, identities and properties are settled.
 * Source: https://segment.com/docs/connections/spec/ ; unknown fields are kept.
 */

const emptyAsAbsent = (value: unknown): unknown =>
  value === '' || value === null ? undefined : value;

const messageId = z.preprocess(emptyAsAbsent, z.string().max(MESSAGE_ID_CHARACTERS_MAX).optional());
const isSureMessageId = sureText(MESSAGE_ID_CHARACTERS_MAX);

const optionalEventName = z.preprocess(
  emptyAsAbsent,
  z.string().max(EVENT_NAME_CHARACTERS_MAX).optional(),
);
const eventName = z.string().min(1).max(EVENT_NAME_CHARACTERS_MAX);
const isSureEventName = sureText(EVENT_NAME_CHARACTERS_MAX);

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

/** What somebody is called, or where: senders write objects, lists and texts here; any is kept. */
const anything = z.unknown().optional();

/**
 * Traits with a meaning of their own.
 * Source: https://segment.com/docs/connections/spec/identify/#traits and …/group/#traits
 */
const traits = z
  .looseObject({
    email,
    address: anything,
    age: optionalLabel,
    avatar: optionalText,
    birthday: optionalLabel,
    company: anything,
    createdAt: optionalLabel,
    description: optionalText,
    employees: optionalLabel,
    firstName: optionalText,
    gender: optionalText,
    id: optionalLabel,
    industry: optionalText,
    lastName: optionalText,
    name: optionalText,
    phone: optionalLabel,
    plan: optionalLabel,
    title: optionalText,
    username: optionalLabel,
    website: optionalText,
  })
  .nullish();

/** Source: https://segment.com/docs/connections/spec/common/#context */
const context = z
  .looseObject({
    active: optionalFlag,
    app: optionalObject,
    campaign: optionalObject,
    device: optionalObject,
    groupId: optionalLabel,
    ip: optionalText,
    library: optionalObject,
    locale: optionalText,
    network: optionalObject,
    os: optionalObject,
    page: optionalObject,
    referrer: optionalObject,
    screen: optionalObject,
    timezone: optionalText,
    traits,
    userAgent: optionalText,
    userAgentData: optionalObject,
  })
  .nullish();

/** Their schema depends on the event's name; see registry.ts. */
const checkedApart = z.unknown().optional();

const shared = {
  messageId,
  event: optionalEventName,
  userId: optionalId,
  anonymousId: optionalId,
  // Times are read by event-time.ts, whose remedies know the usual mistakes.
  timestamp: z.unknown().optional(),
  originalTimestamp: z.unknown().optional(),
  traits,
  properties: optionalObject,
  context,
};

const pageLike = z.looseObject({
  ...shared,
  name: optionalText,
  category: optionalText,
  // Source: https://segment.com/docs/connections/spec/page/#properties
  properties: z
    .looseObject({
      name: optionalText,
      path: optionalText,
      referrer: optionalText,
      search: optionalText,
      title: optionalText,
      url: optionalText,
      keywords: anything,
    })
    .nullish(),
});

const callSchemas: Readonly<Record<EventType, z.ZodObject>> = {
  track: z.looseObject({
    ...shared,
    event: eventName,
    properties: checkedApart,
  }),
  identify: z.looseObject(shared),
  page: pageLike,
  screen: pageLike,
  group: z.looseObject({ ...shared, groupId: optionalId }),
  alias: z.looseObject({ ...shared, previousId: optionalId }),
};

/** The schema of a call, as the registry's tests and documents see it. */
export function callSchemaOf(type: EventType): z.ZodObject {
  return callSchemas[type];
}

const special = new Map<z.core.$ZodType, SureCheck>([
  [messageId, isSureMessageId],
  [optionalEventName, isSureEventName],
  [eventName, isSureEventName],
  [email, isSureEmail],
  [checkedApart, () => true],
]);

const callChecks: Readonly<Record<EventType, ObjectCheck>> = {
  track: objectCheckOf(callSchemas.track, special),
  identify: objectCheckOf(callSchemas.identify, special),
  page: objectCheckOf(callSchemas.page, special),
  screen: objectCheckOf(callSchemas.screen, special),
  group: objectCheckOf(callSchemas.group, special),
  alias: objectCheckOf(callSchemas.alias, special),
};

/** Checks all of a call but a track's properties. */
export function callCheckOf(type: EventType): ObjectCheck {
  return callChecks[type];
}

function sureText(charactersMax: number): SureCheck {
  return (value) => typeof value === 'string' && value.length > 0 && value.length <= charactersMax;
}
