import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { isJsonObject } from '../events/json-value.ts';
import { sendgridMappings } from '../mapping/vendors/sendgrid.ts';
import { epochSecondsMs, refused, secretValues, verifiedWhenFresh } from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorEvent, VendorWebhook, Verification } from './vendor-webhook.ts';

/** SendGrid gives up after 24 hours; an hour more for its queue and both clocks. */
const TOLERANCE_S = 25 * 60 * 60;

/**
 * Twilio SendGrid's Event Webhook: ECDSA over P-256 and SHA-256 of timestamp and body, with the
 * account's public key (base64 of its DER form).
 * Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export const sendgridWebhook: VendorWebhook = {
  toleranceSeconds: TOLERANCE_S,
  mappings: sendgridMappings,
  verify({ body, header }, context): Verification {
    const keys = secretValues(context.secrets, 'publicKey');
    const signature = header('x-twilio-email-event-webhook-signature');
    const timestamp = header('x-twilio-email-event-webhook-timestamp');
    if (signature === undefined || timestamp === undefined) return refused('unsigned');
    const signed = Buffer.concat([Buffer.from(timestamp), body]);
    const isGood = keys.some((key) =>
      verifySignature('sha256', signed, publicKeyOf(key), Buffer.from(signature, 'base64')),
    );
    return isGood ? verifiedWhenFresh(epochSecondsMs(timestamp), context) : refused('forged');
  },
  read(body): Reading {
    if (!Array.isArray(body)) return { kind: 'malformed', problem: 'expected an array of events' };
    return { kind: 'events', events: body.map(eventOf) };
  },
};

function publicKeyOf(base64: string) {
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
}

function eventOf(record: unknown): VendorEvent {
  const fields = isJsonObject(record) ? record : {};
  const { event, sg_event_id: id, sg_machine_open: isMachine, useragent } = fields;
  return {
    kind: typeof event === 'string' ? event : 'unknown',
    id: typeof id === 'string' && id !== '' ? id : contentId(record),
    record,
    maker: {
      isMachine: isMachine === true,
      userAgent: typeof useragent === 'string' ? useragent : undefined,
    },
  };
}
