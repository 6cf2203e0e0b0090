import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { flipped, memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const KEY = '755781b5e03a973f3405a85474d5a032a60fd56fabaad66039b12eadd83955fa';
const nowS = Math.floor(Date.now() / 1000);

/** Shape: https://docs.customer.io/integrations/api/webhooks */
const opened = {
  event_id: '01E4C4CT6YDC7Y5M7FE1GWWPQJ',
  object_type: 'email',
  metric: 'opened',
  timestamp: nowS - 60,
  data: {
    customer_id: '42',
    delivery_id: 'ZAIAAVTJVG0QcCok0-0ZKj6yiQ==',
    identifiers: { id: '42', email: 'anna@example.com', cio_id: 'd9c106000001' },
    recipient: 'anna@example.com',
    campaign_id: 9,
    subject: 'New mugs',
  },
};

function signed(body: string, timestamp = String(nowS), key = KEY) {
  const signature = createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'X-CIO-Timestamp': timestamp, 'X-CIO-Signature': signature };
}

const endpoint = () =>
  memoryWebhooks({ document: { esp: 'customerio' }, secrets: { signingKey: KEY } });

async function send(event: object, webhooks = endpoint()) {
  const body = JSON.stringify(event);
  const answer = await post(webhooks, webhookRequest('customerio', body, signed(body)));
  expect(answer.statusCode).toBe(200);
  return webhooks;
}

describe('a metric of Customer.io', () => {
  it('is one of ours, by the shop’s own id and the address', async () => {
    const webhooks = await send(opened);
    expect(webhooks.events()).toMatchObject([
      {
        event: 'Email Opened',
        messageId: 'customerio-01E4C4CT6YDC7Y5M7FE1GWWPQJ',
        userId: '42',
        identities: [{ kind: 'userId' }, { kind: 'email' }],
        properties: { campaign_id: '9', email_subject: 'New mugs' },
      },
    ]);
  });

  it.each([
    ['sent', 'Email Sent'],
    ['delivered', 'Email Delivered'],
    ['clicked', 'Email Link Clicked'],
    ['bounced', 'Email Bounced'],
    ['dropped', 'Email Dropped'],
    ['failed', 'Email Rejected'],
    ['spammed', 'Email Marked as Spam'],
    ['unsubscribed', 'Unsubscribed'],
    ['converted', 'Email Converted'],
  ])('%s is %s', async (metric, name) => {
    const webhooks = await send({ ...opened, metric });
    expect(webhooks.events().map(({ event }) => event)).toEqual([name]);
  });

  it('that was fetched ahead of a reader is marked', async () => {
    const webhooks = await send({ ...opened, data: { ...opened.data, prefetched: true } });
    expect(webhooks.events()[0]?.properties).toMatchObject({ machine_open: true });
  });

  it('of another channel is counted and left alone', async () => {
    const webhooks = await send({ ...opened, object_type: 'push' });
    expect(webhooks.records).toEqual([]);
    expect(webhooks.quarantined).toEqual([]);
    expect(webhooks.webhookCounts.get('WebhookEventsIgnored')).toBe(1);
  });

  it('is told from its repeats by its id', async () => {
    const webhooks = await send(opened, await send(opened));
    expect(new Set(webhooks.events().map(({ messageId }) => messageId)).size).toBe(1);
  });
});

describe('a request to Customer.io’s address', () => {
  const body = JSON.stringify(opened);
  const request = (text: string | Buffer, headers: Record<string, string>) =>
    post(endpoint(), webhookRequest('customerio', text, headers));

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['with one bit of its body turned', flipped(body), signed(body)],
    ['signed with another key', body, signed(body, String(nowS), 'another')],
    ['with another time', body, { ...signed(body), 'X-CIO-Timestamp': String(nowS + 1) }],
    ['older than it is retried', body, signed(body, String(nowS - 9 * 86_400))],
    ['whose signature is cut off', body, { ...signed(body), 'X-CIO-Signature': 'ab' }],
    ['without headers', body, {}],
    ['that is empty and unsigned', '', {}],
  ])('%s is refused', async (_, text, headers) => {
    expect((await request(text, headers)).statusCode).toBe(401);
  });

  it('is checked on the bytes as they came, not on what they parse to', async () => {
    const spaced = `{ "event_id" : "x\u00e9",\n "object_type":"email" }`;
    expect((await request(spaced, signed(spaced))).statusCode).toBe(200);
    const same = JSON.stringify(JSON.parse(spaced));
    expect((await request(same, signed(spaced))).statusCode).toBe(401);
  });

  it.each(['', '[]', '{'])('"%s" is refused though signed', async (wrong) => {
    expect((await request(wrong, signed(wrong))).statusCode).toBe(400);
  });
});
