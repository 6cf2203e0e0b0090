import { isJsonObject } from '../events/json-value.ts';
import { valueAtPath } from '../mapping/record-mapping.ts';
import { customerioMappings } from '../mapping/vendors/customerio.ts';
import {
  epochSecondsMs,
  isSignedByAny,
  refused,
  secretValues,
  verifiedWhenFresh,
} from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorWebhook, Verification } from './vendor-webhook.ts';

/** Customer.io retries for 7 days; a day more for its queue behind a failing request. */
const TOLERANCE_S = 8 * 24 * 60 * 60;

/** Of a metric that a person's own doing can't be. */
const MACHINE_FLAGS = ['prefetched', 'machine', 'machine_open', 'machine_click'] as const;

/** What reports on consent rather than on a mail: unsubscribed and subscribed of a person. */
const EMAIL_OBJECTS: readonly unknown[] = ['email', 'customer'];

/**
 * Customer.io's reporting webhooks: HMAC-SHA-256 of `v0:<timestamp>:<body>`.
 * Source: https://docs.customer.io/integrations/api/webhooks
 */
export const customerioWebhook: VendorWebhook = {
  toleranceSeconds: TOLERANCE_S,
  mappings: customerioMappings,
  verify({ body, header }, context): Verification {
    const keys = secretValues(context.secrets, 'signingKey');
    const signature = header('x-cio-signature');
    const timestamp = header('x-cio-timestamp');
    if (signature === undefined || timestamp === undefined) return refused('unsigned');
    return isSignedByAny(keys, signature, [`v0:${timestamp}:`, body])
      ? verifiedWhenFresh(epochSecondsMs(timestamp), context)
      : refused('forged');
  },
  read(body): Reading {
    if (!isJsonObject(body)) return { kind: 'malformed', problem: 'expected an object' };
    const { metric, event_id: id, object_type: object } = body;
    const userAgent = valueAtPath(body, 'data.user_agent');
    const event = {
      kind: EMAIL_OBJECTS.includes(object) ? String(metric) : undefined,
      id: typeof id === 'string' && id !== '' ? id : contentId(body),
      record: body,
      maker: {
        isMachine: MACHINE_FLAGS.some((flag) => valueAtPath(body, `data.${flag}`) === true),
        userAgent: typeof userAgent === 'string' ? userAgent : undefined,
      },
    };
    return { kind: 'events', events: [event] };
  },
};
