import * as z from 'zod';
import { isJsonObject } from '../events/json-value.ts';
import { valueAtPath } from '../mapping/record-mapping.ts';
import { klaviyoMappings } from '../mapping/vendors/klaviyo.ts';
import { jsonOf } from './json-of.ts';
import { isSignedByAny, refused, secretValues, verifiedWhenFresh } from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorEvent, VendorWebhook, Verification } from './vendor-webhook.ts';

/** Klaviyo doesn't say how long it retries; a day covers a night's outage. */
const TOLERANCE_S = 24 * 60 * 60;

const TOPIC = /^event:klaviyo\.(\w+)$/;
const EMAIL_KIND = /email|unsubscribed_from_list/;

const envelope = z.looseObject({
  data: z.array(z.unknown()),
  meta: z.looseObject({ klaviyo_webhook_id: z.string() }),
});

/**
 * Klaviyo's system webhooks: HMAC-SHA-256 of the body followed by the timestamp as its header has
 * it, an HTTP date. The webhook's id isn't signed in the header, so it must be the signed body's.
 * Source: https://developers.klaviyo.com/en/docs/working_with_system_webhooks
 */
export const klaviyoWebhook: VendorWebhook = {
  toleranceSeconds: TOLERANCE_S,
  mappings: klaviyoMappings,
  verify({ body, header }, context): Verification {
    const keys = secretValues(context.secrets, 'secretKey');
    const signature = header('klaviyo-signature');
    const timestamp = header('klaviyo-timestamp');
    if (signature === undefined || timestamp === undefined) return refused('unsigned');
    if (!isSignedByAny(keys, signature, [body, timestamp])) return refused('forged');
    const webhookId = valueAtPath(jsonOf(body.toString('utf8')), 'meta.klaviyo_webhook_id');
    if (webhookId !== header('klaviyo-webhook-id')) return refused('forged');
    return verifiedWhenFresh(timeOf(timestamp), context);
  },
  read(body): Reading {
    const parsed = envelope.safeParse(body);
    if (!parsed.success) return { kind: 'malformed', problem: 'expected data and meta' };
    return { kind: 'events', events: parsed.data.data.map(eventOf) };
  },
};

function timeOf(timestamp: string): number {
  return /^\d{10}$/.test(timestamp) ? Number(timestamp) * 1000 : Date.parse(timestamp);
}

function eventOf(entry: unknown): VendorEvent {
  const externalId = valueAtPath(entry, 'external_id');
  const attributes = valueAtPath(entry, 'payload.data.attributes');
  const properties = valueAtPath(attributes, 'event_properties');
  const said = (name: string) => (isJsonObject(properties) ? properties[name] : undefined);
  return {
    kind: kindOf(valueAtPath(entry, 'topic')),
    id: typeof externalId === 'string' && externalId !== '' ? externalId : contentId(entry),
    // Only the profile of what is included: the rest repeats the metric.
    record: { topic: valueAtPath(entry, 'topic'), attributes, profile: profileOf(entry) },
    maker: {
      isMachine: ['Apple Privacy Open', 'Machine Open', 'machine_open', 'Bot Click'].some(
        (name) => said(name) === true,
      ),
    },
  };
}

/** Text messages have topics of their own, and so has everything else that a shop tracks there. */
function kindOf(topic: unknown): string | undefined {
  const kind = typeof topic === 'string' ? TOPIC.exec(topic)?.[1] : undefined;
  return kind !== undefined && EMAIL_KIND.test(kind) ? kind : undefined;
}

function profileOf(entry: unknown): unknown {
  const included = valueAtPath(entry, 'payload.included');
  if (!Array.isArray(included)) return undefined;
  const profile = included.find((one) => isJsonObject(one) && one.type === 'profile');
  return valueAtPath(profile, 'attributes');
}
