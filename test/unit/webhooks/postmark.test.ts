import { describe, expect, it } from 'vitest';
import { memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const GOOD = basic('kindred', 'pass:with:colons');
const endpoint = () =>
  memoryWebhooks({
    document: { esp: 'postmark' },
    secrets: { username: 'kindred', password: 'pass:with:colons' },
  });

/** Shapes: https://postmarkapp.com/developer/webhooks/webhooks-overview */
const shared = {
  MessageID: '883953f4-6105-42a2-a16a-77a8eac79483',
  Recipient: 'anna@example.com',
  Tag: 'welcome',
  Metadata: { user_id: 'customer-7' },
};
const time = '2026-11-05T16:33:54.9070259Z';
const records: [object, string][] = [
  [{ RecordType: 'Delivery', DeliveredAt: time }, 'Email Delivered'],
  [{ RecordType: 'Open', ReceivedAt: time, UserAgent: 'Thunderbird' }, 'Email Opened'],
  [{ RecordType: 'Click', ReceivedAt: time, OriginalLink: 'https://a.b' }, 'Email Link Clicked'],
  [{ RecordType: 'Bounce', ID: 42, Type: 'HardBounce', BouncedAt: time }, 'Email Bounced'],
  [{ RecordType: 'SpamComplaint', ID: 43, BouncedAt: time }, 'Email Marked as Spam'],
  [
    {
      RecordType: 'SubscriptionChange',
      ChangedAt: time,
      SuppressSending: true,
      SuppressionReason: 'ManualSuppression',
    },
    'Unsubscribed',
  ],
  [
    {
      RecordType: 'SubscriptionChange',
      ChangedAt: time,
      SuppressSending: true,
      SuppressionReason: 'HardBounce',
    },
    'Email Suppressed',
  ],
  [
    { RecordType: 'SubscriptionChange', ChangedAt: time, SuppressSending: false },
    'Email Resubscribed',
  ],
];

describe('a record of Postmark', () => {
  it.each(records)('%o is %s', async (record, name) => {
    const webhooks = endpoint();
    const body = JSON.stringify({ ...shared, ...record });
    expect((await post(webhooks, webhookRequest('postmark', body, GOOD))).statusCode).toBe(200);
    expect(webhooks.events()).toMatchObject([
      {
        event: name,
        userId: 'customer-7',
        timestamp: '2026-11-05T16:33:54.907Z',
        properties: { campaign_id: 'welcome', esp: 'postmark' },
      },
    ]);
  });

  it('has the same message id when it comes again, and another than every other', async () => {
    const webhooks = endpoint();
    for (const [record] of [...records, ...records]) {
      await post(
        webhooks,
        webhookRequest('postmark', JSON.stringify({ ...shared, ...record }), GOOD),
      );
    }
    const ids = webhooks.events().map(({ messageId }) => messageId);
    expect(ids.slice(records.length)).toEqual(ids.slice(0, records.length));
    expect(new Set(ids).size).toBe(records.length);
    expect(ids).toContain('postmark-Bounce-42');
  });

  it('of Apple’s relay is a machine’s opening', async () => {
    const webhooks = endpoint();
    const record = { ...shared, RecordType: 'Open', ReceivedAt: time, UserAgent: 'Mozilla/5.0' };
    await post(webhooks, webhookRequest('postmark', JSON.stringify(record), GOOD));
    expect(webhooks.events()[0]?.properties).toMatchObject({
      machine_open: true,
      machine_reason: 'apple-mail-privacy',
    });
  });
});

describe('a request to Postmark’s address', () => {
  const body = JSON.stringify({ ...shared, ...records[0]?.[0] });

  it.each<[string, Record<string, string>]>([
    ['without a name and a password', {}],
    ['with another password', basic('kindred', 'another')],
    ['with another name', basic('another', 'pass:with:colons')],
    ['with a name that runs into the password', basic('kindred:pass', 'with:colons2')],
    ['with another scheme', { Authorization: 'Bearer pass:with:colons' }],
    ['with an empty one', { Authorization: 'Basic ' }],
  ])('%s is refused with 401, for a 403 would end Postmark’s retries', async (_, headers) => {
    const webhooks = endpoint();
    expect((await post(webhooks, webhookRequest('postmark', body, headers))).statusCode).toBe(401);
    expect(webhooks.records).toEqual([]);
  });

  it.each(['', '{', '[]', 'null'])('with "%s" for a body is refused', async (wrong) => {
    const answer = await post(endpoint(), webhookRequest('postmark', wrong, GOOD));
    expect(answer.statusCode).toBe(400);
  });
});
