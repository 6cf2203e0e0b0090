import { isJsonObject } from '../events/json-value.ts';
import { valueAtPath } from '../mapping/record-mapping.ts';
import { sesMappings } from '../mapping/vendors/ses.ts';
import { jsonOf } from './json-of.ts';
import { refused, verifiedWhenFresh } from './signature.ts';
import {
  isSignedBy,
  isSigningCertificateUrl,
  isSubscribeUrl,
  type SnsMessage,
  snsMessage,
} from './sns-message.ts';
import type { Reading, VendorEvent, VendorWebhook, Verification } from './vendor-webhook.ts';

/** SNS' delivery policies retry for an hour at most. */
const TOLERANCE_S = 2 * 60 * 60;

/**
 * Amazon SES' event publishing, by way of an SNS topic with an HTTPS subscription. SNS signs for
 * whoever owns a topic, so the topic must be one of the source's.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
export const sesWebhook: VendorWebhook = {
  toleranceSeconds: TOLERANCE_S,
  mappings: sesMappings,
  async verify({ body }, context): Promise<Verification> {
    const parsed = snsMessage.safeParse(jsonOf(body.toString('utf8')));
    if (!parsed.success) return refused('unsigned');
    const message = parsed.data;
    const { TopicArn, SigningCertURL } = message;
    if (!context.topicArns.includes(TopicArn)) return refused('foreign');
    if (!isSigningCertificateUrl(SigningCertURL, TopicArn)) return refused('forged');
    const certificate = await context.certificate(SigningCertURL);
    if (!isSignedBy(certificate, message, context.nowMs)) return refused('forged');
    return verifiedWhenFresh(Date.parse(message.Timestamp), context);
  },
  read(body): Reading {
    const message = snsMessage.parse(body);
    if (message.Type === 'UnsubscribeConfirmation') return { kind: 'nothing' };
    if (message.Type === 'SubscriptionConfirmation') return subscriptionOf(message);
    const record = jsonOf(message.Message);
    // SES greets a new destination with a sentence that is no JSON.
    if (!isJsonObject(record)) return { kind: 'nothing' };
    return { kind: 'events', events: eventsOf(record, message.MessageId) };
  },
};

function subscriptionOf(message: Extract<SnsMessage, { SubscribeURL: string }>): Reading {
  return isSubscribeUrl(message.SubscribeURL, message.TopicArn)
    ? { kind: 'subscription', url: message.SubscribeURL }
    : { kind: 'malformed', problem: 'SubscribeURL is not one of SNS for this topic' };
}

/** Who of a mail's recipients an event is about, by its kind; of the rest the mail's only one. */
const RECIPIENTS: ReadonlyMap<string, readonly [string, string | undefined]> = new Map([
  ['Bounce', ['bounce.bouncedRecipients', 'emailAddress']],
  ['Complaint', ['complaint.complainedRecipients', 'emailAddress']],
  ['DeliveryDelay', ['deliveryDelay.delayedRecipients', 'emailAddress']],
  ['Delivery', ['delivery.recipients', undefined]],
]);

/** One event per recipient: a mail can have fifty. */
function eventsOf(record: Record<string, unknown>, snsMessageId: string): VendorEvent[] {
  const kind = kindOf(record);
  const destinations = listAt(record, 'mail.destination');
  const [path, field] = RECIPIENTS.get(kind) ?? [];
  const named = path === undefined ? [] : listAt(record, path);
  const recipients = named.map((entry) =>
    field === undefined ? entry : valueAtPath(entry, field),
  );
  // Opened or clicked by one of several: SES doesn't say by whom, so nobody is credited.
  const [only] = destinations.length === 1 ? destinations : [];
  const addressed = recipients.length > 0 ? recipients : [only];
  return addressed.map((recipient, index) => ({
    kind,
    id: addressed.length === 1 ? snsMessageId : `${snsMessageId}-${index}`,
    record: {
      ...record,
      recipient,
      // The tag is the mail's: with several recipients it can't be everybody's id.
      customerId:
        destinations.length === 1 ? valueAtPath(record, 'mail.tags.user_id.0') : undefined,
    },
    maker: makerOf(record, kind),
  }));
}

function kindOf(record: Record<string, unknown>): string {
  const named = record.eventType ?? record.notificationType;
  const kind = typeof named === 'string' ? named.replaceAll(' ', '') : 'unknown';
  if (kind !== 'Subscription') return kind;
  const isLeaving = valueAtPath(record, 'subscription.newTopicPreferences.unsubscribeAll') === true;
  return isLeaving ? 'SubscriptionEnded' : 'SubscriptionChanged';
}

function makerOf(record: Record<string, unknown>, kind: string) {
  const part = kind === 'Open' ? 'open' : 'click';
  const userAgent = valueAtPath(record, `${part}.userAgent`);
  const sinceSentMs =
    Date.parse(String(valueAtPath(record, `${part}.timestamp`))) -
    Date.parse(String(valueAtPath(record, 'mail.timestamp')));
  return {
    userAgent: typeof userAgent === 'string' ? userAgent : undefined,
    sinceSentMs: Number.isNaN(sinceSentMs) ? undefined : sinceSentMs,
  };
}

function listAt(record: unknown, path: string): unknown[] {
  const list = valueAtPath(record, path);
  return Array.isArray(list) ? list : [];
}
