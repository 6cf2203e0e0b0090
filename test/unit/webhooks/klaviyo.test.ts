import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { klaviyoWebhook } from '../../../core/webhooks/klaviyo.ts';
import { eventIn } from '../../support/event-in.ts';
import { flipped, memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const KEY = 'klaviyo-secret-key-0123456789';
/** The header of Klaviyo's example request, at https://developers.klaviyo.com/en/docs/working_with_system_webhooks */
const WEBHOOK_ID = 'a8b890458b4bbfaa26d961471b83c101d6de23bd826e7e5173a15310985ec3cb';
const now = () => new Date().toUTCString();

function entry(kind: string, properties: object = {}, id = 'event-1') {
  return {
    external_id: id,
    topic: `event:klaviyo.${kind}`,
    payload: {
      data: {
        type: 'event',
        attributes: {
          datetime: '2026-11-05T16:33:54+00:00',
          event_properties: {
            Subject: 'New mugs',
            'Campaign Name': 'Spring',
            $message: 'mSg',
            ...properties,
          },
        },
      },
      included: [
        { type: 'metric', attributes: { name: 'Opened Email' } },
        {
          type: 'profile',
          attributes: { email: 'anna@example.com', external_id: 'customer-7', phone_number: '+49' },
        },
      ],
    },
  };
}

const bodyOf = (...data: object[]) =>
  JSON.stringify({ data, meta: { klaviyo_account_id: 'A1', klaviyo_webhook_id: WEBHOOK_ID } });

function signed(body: string, timestamp = now(), key = KEY): Record<string, string> {
  return {
    'Klaviyo-Signature': createHmac('sha256', key).update(body).update(timestamp).digest('hex'),
    'Klaviyo-Timestamp': timestamp,
    'Klaviyo-Webhook-Id': WEBHOOK_ID,
  };
}

const endpoint = () =>
  memoryWebhooks({ document: { esp: 'klaviyo' }, secrets: { secretKey: KEY } });
const send = async (body: string | Buffer, headers: Record<string, string>) => {
  const webhooks = endpoint();
  const answer = await post(webhooks, webhookRequest('klaviyo', body, headers));
  return { webhooks, status: answer.statusCode };
};

describe('Klaviyo’s rule of signing', () => {
  it('is the body and then the time as its header has it', () => {
    // Klaviyo publishes no key with its example. This vector, made with OpenSSL over the example's time,
    // is the one that the Rust crate of webhook verifiers tests by.
    const body =
      '{"data":[{"external_id":"4L3cwQae2TX","topic":"event:klaviyo.sent_sms"}],"meta":{"klaviyo_webhook_id":"a8b890458b4bbfaa26d961471b83c101d6de23bd826e7e5173a15310985ec3cb"}}';
    const headers: Record<string, string> = {
      'klaviyo-signature': '5aa0e720d80b3a04ca04baf3c65cdfe31da57504af69fee8da29c35d45f0596b',
      'klaviyo-timestamp': 'Thu, 04 Jan 2024 18:05:25 GMT',
      'klaviyo-webhook-id': WEBHOOK_ID,
    };
    const verify = (secretKey: string) =>
      klaviyoWebhook.verify(
        { body: Buffer.from(body), header: (name) => headers[name] },
        {
          secrets: { secretKey },
          nowMs: 1_704_391_525_000 + 60_000,
          toleranceMs: 300_000,
          topicArns: [],
          certificate: async () => '',
        },
      );
    expect(verify('klaviyo-test-secret')).toEqual({ kind: 'verified' });
    expect(verify('another')).toEqual({ kind: 'refused', cause: 'forged' });
  });
});

describe('an event of Klaviyo', () => {
  it.each([
    ['received_email', 'Email Delivered'],
    ['opened_email', 'Email Opened'],
    ['clicked_email', 'Email Link Clicked'],
    ['bounced_email', 'Email Bounced'],
    ['dropped_email', 'Email Dropped'],
    ['marked_email_as_spam', 'Email Marked as Spam'],
    ['unsubscribed_from_email_marketing', 'Unsubscribed'],
    ['subscribed_to_email_marketing', 'Email Resubscribed'],
  ])('%s is %s', async (kind, name) => {
    const body = bodyOf(entry(kind, { URL: 'https://shop.example' }));
    const { webhooks, status } = await send(body, signed(body));
    expect(status).toBe(200);
    expect(webhooks.events()).toMatchObject([
      {
        event: name,
        messageId: 'klaviyo-event-1',
        userId: 'customer-7',
        timestamp: '2026-11-05T16:33:54.000Z',
        properties: { email_subject: 'New mugs', campaign_id: 'mSg', campaign_name: 'Spring' },
      },
    ]);
    expect(JSON.stringify(eventIn(webhooks.records[0]!))).not.toMatch(/anna@|\+49/);
  });

  it('by Apple’s relay or by a bot is marked', async () => {
    const body = bodyOf(
      entry('opened_email', { 'Apple Privacy Open': true }),
      entry('clicked_email', { 'Bot Click': true }, 'event-2'),
    );
    const { webhooks } = await send(body, signed(body));
    expect(webhooks.events().map(({ properties }) => properties)).toMatchObject([
      { machine_open: true },
      { machine_click: true },
    ]);
  });

  it('of another channel is counted and left alone', async () => {
    const body = bodyOf(
      entry('sent_sms'),
      { topic: 'event:api.viewed_product' },
      entry('opened_email'),
    );
    const { webhooks } = await send(body, signed(body));
    expect(webhooks.events()).toHaveLength(1);
    expect(webhooks.webhookCounts.get('WebhookEventsIgnored')).toBe(2);
  });
});

describe('a request to Klaviyo’s address', () => {
  const body = bodyOf(entry('opened_email'));

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['with one bit of its body turned', flipped(body), signed(body)],
    ['signed with another key', body, signed(body, now(), 'another')],
    [
      'with another time',
      body,
      { ...signed(body), 'Klaviyo-Timestamp': new Date(0).toUTCString() },
    ],
    ['that is stale', body, signed(body, new Date(Date.now() - 25 * 3_600_000).toUTCString())],
    ['at a time that is none', body, signed(body, 'whenever')],
    ['of another webhook', body, { ...signed(body), 'Klaviyo-Webhook-Id': 'b' }],
    ['without headers', body, {}],
    ['that is empty', '', signed('')],
    ['that is no JSON', '{', signed('{')],
  ])('%s is refused', async (_, text, headers) => {
    const { status, webhooks } = await send(text, headers);
    expect(status).toBe(401);
    expect(webhooks.records).toEqual([]);
  });
});
