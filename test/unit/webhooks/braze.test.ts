import { describe, expect, it } from 'vitest';
import { memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const TOKEN = { Authorization: 'Bearer braze-token' };
const endpoint = () =>
  memoryWebhooks({ document: { esp: 'braze' }, secrets: { token: 'braze-token' } });

const event = (kind: string, properties: object = {}, id = 'braze-event-1') => ({
  event_type: `users.messages.email.${kind}`,
  id,
  time: 1_762_360_434,
  user: { user_id: 'b1', external_user_id: 'customer-7' },
  properties: {
    email_address: 'anna@example.com',
    campaign_id: 'c1',
    campaign_name: 'Spring',
    ...properties,
  },
});

async function send(events: unknown, headers: Record<string, string> = TOKEN) {
  const webhooks = endpoint();
  const body = typeof events === 'string' ? events : JSON.stringify({ events });
  const answer = await post(webhooks, webhookRequest('braze', body, headers));
  return { webhooks, status: answer.statusCode };
}

describe('an event that Braze posts', () => {
  it.each([
    ['Send', 'Email Sent'],
    ['Delivery', 'Email Delivered'],
    ['Open', 'Email Opened'],
    ['Click', 'Email Link Clicked'],
    ['Bounce', 'Email Bounced'],
    ['SoftBounce', 'Email Bounced'],
    ['MarkAsSpam', 'Email Marked as Spam'],
    ['Unsubscribe', 'Unsubscribed'],
  ])('%s is %s', async (kind, name) => {
    const { webhooks, status } = await send([event(kind)]);
    expect(status).toBe(200);
    expect(webhooks.events()).toMatchObject([
      {
        event: name,
        messageId: 'braze-braze-event-1',
        userId: 'customer-7',
        timestamp: new Date(1_762_360_434_000).toISOString(),
        properties: { campaign_id: 'c1', campaign_name: 'Spring' },
      },
    ]);
  });

  it('is marked where Braze suspects a machine, in either of its spellings', async () => {
    const { webhooks } = await send([
      event('Open', { machine_open: 'true' }, '1'),
      event('Open', { machine_open: true }, '2'),
      event('Click', { is_suspected_bot_click: true }, '3'),
      event('Open', { machine_open: 'false' }, '4'),
    ]);
    expect(webhooks.events().map(({ properties }) => properties?.machine_reason)).toEqual([
      'esp',
      'esp',
      'esp',
      undefined,
    ]);
  });

  it('of another channel is counted and left alone', async () => {
    const push = { ...event('Open'), event_type: 'users.messages.pushnotification.Open' };
    const { webhooks } = await send([push, event('Open')]);
    expect(webhooks.events()).toHaveLength(1);
    expect(webhooks.webhookCounts.get('WebhookEventsIgnored')).toBe(1);
  });
});

describe('a request to Braze’s address', () => {
  it.each<[string, Record<string, string>]>([
    ['without a token', {}],
    ['with another', { Authorization: 'Bearer braze-tokem' }],
    ['with the beginning of one', { Authorization: 'Bearer braze' }],
    ['with it as a password', { Authorization: 'Basic braze-token' }],
  ])('%s is refused', async (_, headers) => {
    expect((await send([event('Open')], headers)).status).toBe(401);
  });

  it.each(['', '{', '[]', '{"events":{}}'])('with "%s" for a body is refused', async (body) => {
    expect((await send(body)).status).toBe(400);
  });
});
