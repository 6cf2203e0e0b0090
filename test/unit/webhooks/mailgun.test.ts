import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventIn } from '../../support/event-in.ts';
import { flipped, memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const KEY = 'key-of-mailgun';
const TOKEN = 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0';
const nowS = Math.floor(Date.now() / 1000);

/** Shape: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads */
const opened = {
  event: 'opened',
  id: 'CCXMjJ7nQi2N3BPigGOdgQ',
  timestamp: nowS - 60.25,
  recipient: 'anna@example.com',
  message: { headers: { 'message-id': '2026.1@sample.mailgun.com', subject: 'New mugs' } },
  'user-variables': { user_id: 'customer-7' },
  'client-info': { bot: '', 'client-type': 'browser', 'user-agent': 'Mozilla/5.0 (X11)' },
  ip: '203.0.113.9',
};

function bodyOf(event: object, token = TOKEN, timestamp = String(nowS), key = KEY): string {
  // As Mailgun's own sample computes it: hex HMAC-SHA-256 of timestamp and token.
  const signature = createHmac('sha256', key).update(timestamp.concat(token)).digest('hex');
  return JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': event });
}

const endpoint = (toleranceSeconds?: number) =>
  memoryWebhooks({
    document: { esp: 'mailgun', ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }) },
    secrets: { signingKey: KEY },
  });
const send = async (body: string | Buffer, webhooks = endpoint()) => ({
  webhooks,
  status: (await post(webhooks, webhookRequest('mailgun', body))).statusCode,
});

describe('an event of Mailgun', () => {
  it('is one of ours, by the shop’s own id and the address', async () => {
    const { webhooks, status } = await send(bodyOf(opened));
    expect(status).toBe(200);
    expect(webhooks.events()).toMatchObject([
      {
        event: 'Email Opened',
        messageId: 'mailgun-CCXMjJ7nQi2N3BPigGOdgQ',
        userId: 'customer-7',
        identities: [{ kind: 'userId' }, { kind: 'email' }],
        properties: { email_subject: 'New mugs' },
      },
    ]);
    expect(webhooks.events()[0]?.properties).not.toHaveProperty('machine_open');
    expect(JSON.stringify(eventIn(webhooks.records[0]!))).not.toMatch(/anna@|203\.0\.113/);
  });

  it.each([
    [{ event: 'accepted' }, 'Email Sent'],
    [{ event: 'delivered' }, 'Email Delivered'],
    [{ event: 'clicked', url: 'https://shop.example' }, 'Email Link Clicked'],
    [{ event: 'failed', severity: 'permanent' }, 'Email Bounced'],
    [{ event: 'failed', severity: 'temporary' }, 'Email Deferred'],
    [{ event: 'rejected' }, 'Email Rejected'],
    [{ event: 'complained' }, 'Email Marked as Spam'],
    [{ event: 'unsubscribed' }, 'Unsubscribed'],
  ])('%o is %s', async (change, name) => {
    const { webhooks } = await send(bodyOf({ ...opened, ...change }));
    expect(webhooks.events().map(({ event }) => event)).toEqual([name]);
  });

  it('opened by a bot is marked', async () => {
    const bot = { ...opened, 'client-info': { bot: 'apple' } };
    const { webhooks } = await send(bodyOf(bot));
    expect(webhooks.events()[0]?.properties).toMatchObject({ machine_open: true });
  });
});

describe('a request to Mailgun’s address', () => {
  it.each<[string, string | Buffer]>([
    ['signed with another key', bodyOf(opened, TOKEN, String(nowS), 'another')],
    ['with one bit of its token turned', flipped(bodyOf(opened), bodyOf(opened).indexOf(TOKEN))],
    ['older than Mailgun retries', bodyOf(opened, TOKEN, String(nowS - 13 * 3600))],
    ['from the future', bodyOf(opened, TOKEN, String(nowS + 13 * 3600))],
    ['at a time that is none', bodyOf(opened, TOKEN, 'soon')],
    ['without a signature', JSON.stringify({ 'event-data': opened })],
    ['empty', ''],
    ['of no JSON', '{"signature":'],
  ])('%s is refused', async (_, body) => {
    const { status, webhooks } = await send(body);
    expect(status).toBe(401);
    expect(webhooks.records).toEqual([]);
  });

  it('keeps to the tolerance of its document', async () => {
    const body = bodyOf(opened, TOKEN, String(nowS - 120));
    expect((await send(body, endpoint(60))).status).toBe(401);
    expect((await send(body, endpoint(300))).status).toBe(200);
  });

  it('may come again as it was, but its token signs no other body', async () => {
    const { webhooks } = await send(bodyOf(opened));
    expect((await send(bodyOf(opened), webhooks)).status).toBe(200);
    const forged = bodyOf({ ...opened, recipient: 'victim@example.com', event: 'unsubscribed' });
    expect((await send(forged, webhooks)).status).toBe(401);
    expect(webhooks.events().map(({ event }) => event)).toEqual(['Email Opened', 'Email Opened']);
    expect(new Set(webhooks.events().map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('without event-data is refused for good', async () => {
    const body = JSON.parse(bodyOf(opened));
    expect((await send(JSON.stringify({ signature: body.signature }))).status).toBe(400);
  });
});
