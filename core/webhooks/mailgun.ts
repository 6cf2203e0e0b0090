import * as z from 'zod';
import { isJsonObject } from '../events/json-value.ts';
import { valueAtPath } from '../mapping/record-mapping.ts';
import { mailgunMappings } from '../mapping/vendors/mailgun.ts';
import { jsonOf } from './json-of.ts';
import {
  epochSecondsMs,
  isSignedByAny,
  refused,
  secretValues,
  verifiedWhenFresh,
} from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorWebhook, Verification } from './vendor-webhook.ts';

/** Mailgun retries for 8 hours and warns of delays of its own. */
const TOLERANCE_S = 12 * 60 * 60;

const signed = z.looseObject({
  signature: z.looseObject({
    timestamp: z.coerce.string(),
    token: z.string().min(1).max(200),
    signature: z.string(),
  }),
});

/**
 * Mailgun's webhooks: HMAC-SHA-256 of timestamp and token, which leaves the body open. Whoever sees one
 * request could sign any other with it, so a token is good for one body only.
 * Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 */
export const mailgunWebhook: VendorWebhook = {
  toleranceSeconds: TOLERANCE_S,
  mappings: mailgunMappings,
  verify({ body }, context): Verification {
    const keys = secretValues(context.secrets, 'signingKey');
    const parsed = signed.safeParse(jsonOf(body.toString('utf8')));
    if (!parsed.success) return refused('unsigned');
    const { timestamp, token, signature } = parsed.data.signature;
    if (!isSignedByAny(keys, signature, [timestamp, token])) return refused('forged');
    const verification = verifiedWhenFresh(epochSecondsMs(timestamp), context);
    return verification.kind === 'verified' ? { kind: 'verified', onceOnly: token } : verification;
  },
  read(body): Reading {
    const record = isJsonObject(body) ? body['event-data'] : undefined;
    if (!isJsonObject(record)) return { kind: 'malformed', problem: 'expected event-data' };
    const id = record.id;
    const bot = valueAtPath(record, 'client-info.bot');
    const userAgent = valueAtPath(record, 'client-info.user-agent');
    const event = {
      kind: kindOf(record),
      id: typeof id === 'string' && id !== '' ? id : contentId(record),
      record,
      maker: {
        isMachine: typeof bot === 'string' && bot !== '',
        userAgent: typeof userAgent === 'string' ? userAgent : undefined,
      },
    };
    return { kind: 'events', events: [event] };
  },
};

function kindOf({ event, severity }: Record<string, unknown>): string {
  if (typeof event !== 'string') return 'unknown';
  if (event !== 'failed') return event;
  return severity === 'temporary' ? 'failed-temporary' : 'failed-permanent';
}
