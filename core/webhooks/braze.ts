import * as z from 'zod';
import { isJsonObject } from '../events/json-value.ts';
import { brazeMappings } from '../mapping/vendors/braze.ts';
import { isSameText, refused, secretValues, VERIFIED } from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorEvent, VendorWebhook, Verification } from './vendor-webhook.ts';

const envelope = z.looseObject({ events: z.array(z.unknown()) });

/** The kinds that are of email; Currents also has those of every other channel. */
const EMAIL_PREFIX = 'users.messages.email.';

/**
 * Braze Currents' custom HTTP connector: a bearer token of the operator's choice; nothing is signed and
 * no time is sent, so a repeat is known by its event's id.
 * Source: https://www.braze.com/docs/user_guide/data/distribution/braze_currents/setting_up_currents/custom_http_connector
 */
export const brazeWebhook: VendorWebhook = {
  // Nothing says when a request was made.
  toleranceSeconds: 0,
  mappings: brazeMappings,
  verify({ header }, { secrets }): Verification {
    const tokens = secretValues(secrets, 'token');
    const given = /^bearer\s+(\S+)$/i.exec(header('authorization') ?? '')?.[1];
    if (given === undefined) return refused('unsigned');
    const isKnown = tokens.map((token) => isSameText(given, token)).some((isSame) => isSame);
    return isKnown ? VERIFIED : refused('forged');
  },
  read(body): Reading {
    const parsed = envelope.safeParse(body);
    if (!parsed.success) return { kind: 'malformed', problem: 'expected events' };
    return { kind: 'events', events: parsed.data.events.map(postedEvent) };
  },
};

/** An event of a Currents file: one flat record, whose kind stands in the file's key. */
export function currentsEvent(eventType: string, record: unknown): VendorEvent {
  const fields = isJsonObject(record) ? record : {};
  const { id, user_agent: userAgent } = fields;
  return {
    kind: eventType.startsWith(EMAIL_PREFIX) ? eventType : undefined,
    id: typeof id === 'string' && id !== '' ? id : contentId(record),
    record,
    maker: {
      // A text in files and a boolean elsewhere.
      isMachine: [fields.machine_open, fields.is_suspected_bot_click].some(
        (flag) => flag === true || flag === 'true',
      ),
      userAgent: typeof userAgent === 'string' ? userAgent : undefined,
    },
  };
}

/** The connector puts into `user` and `properties` what files have in one record. */
function postedEvent(event: unknown): VendorEvent {
  if (!isJsonObject(event)) return { kind: 'unknown', id: contentId(event), record: event };
  const { event_type: kind, user, properties, ...rest } = event;
  const record = {
    ...(isJsonObject(properties) ? properties : {}),
    ...(isJsonObject(user) ? user : {}),
    ...rest,
  };
  return currentsEvent(typeof kind === 'string' ? kind : '', record);
}
