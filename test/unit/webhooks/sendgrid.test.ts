import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendgridWebhook } from '../../../core/webhooks/sendgrid.ts';
import type { VerificationContext } from '../../../core/webhooks/vendor-webhook.ts';
import { flipped, memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

/**
 * SendGrid's own test vector:
 * https://github.com/sendgrid/sendgrid-nodejs/blob/main/packages/eventwebhook/src/eventwebhook.spec.js
 */
const published = {
  publicKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==',
  otherKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==',
  signature:
    'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=',
  timestamp: '1588788367',
  body: '{"category":"example_payload","event":"test_event","message_id":"message_id"}',
};

const headersOf = (signature: string, timestamp: string) => ({
  'X-Twilio-Email-Event-Webhook-Signature': signature,
  'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
});

function verifyPublished(change: Partial<typeof published> = {}, nowMs = 1_588_788_400_000) {
  const { publicKey, signature, timestamp, body } = { ...published, ...change };
  const headers: Record<string, string> = {
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  };
  const context: VerificationContext = {
    secrets: { publicKey },
    nowMs,
    toleranceMs: 300_000,
    topicArns: [],
    certificate: () => Promise.reject(new Error('none')),
  };
  return sendgridWebhook.verify(
    { body: Buffer.from(body), header: (name) => headers[name] },
    context,
  );
}

describe('SendGrid’s published vector', () => {
  it('is believed', () => expect(verifyPublished()).toEqual({ kind: 'verified' }));

  it.each<[string, Partial<typeof published>]>([
    ['another key', { publicKey: published.otherKey }],
    ['another body', { body: 'payload' }],
    ['a signature with one bit turned', { signature: published.signature.replace('YNH2', 'YNH3') }],
    ['a signature that is none', { signature: 'nonsense' }],
    ['another time', { timestamp: '1588788368' }],
    ['a time that is none', { timestamp: 'timestamp' }],
  ])('is refused with %s', (_, change) => {
    expect(verifyPublished(change)).toEqual({ kind: 'refused', cause: 'forged' });
  });

  it.each([1_588_788_367_000 + 300_001, 1_588_788_367_000 - 300_001])('is stale at %d', (nowMs) => {
    expect(verifyPublished({}, nowMs)).toEqual({ kind: 'refused', cause: 'stale' });
  });
});

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secrets = { publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };

function signed(body: string | Buffer, timestamp = String(Math.floor(Date.now() / 1000))) {
  const signature = createSign('sha256').update(timestamp).update(body).sign(privateKey, 'base64');
  return webhookRequest('sendgrid', body, headersOf(signature, timestamp));
}

const endpoint = (overrides = {}) =>
  memoryWebhooks({ document: { esp: 'sendgrid' }, secrets, overrides });

const nowS = Math.floor(Date.now() / 1000);
const open = {
  email: 'anna@example.com',
  timestamp: nowS - 60,
  event: 'open',
  sg_event_id: 'sg-event-1',
  sg_message_id: 'filter1.message',
  sg_machine_open: false,
  useragent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)',
  ip: '203.0.113.9',
};

describe('a batch of SendGrid', () => {
  it('becomes events of the recipients, without their addresses', async () => {
    const webhooks = endpoint();
    const click = {
      ...open,
      event: 'click',
      sg_event_id: 'sg-event-2',
      url: 'https://shop.example/mugs',
      user_id: 'customer-7',
    };
    const answer = await post(webhooks, signed(JSON.stringify([open, click])));
    expect(answer.statusCode).toBe(200);
    expect(webhooks.events()).toMatchObject([
      {
        messageId: 'sendgrid-sg-event-1',
        event: 'Email Opened',
        source: 'sendgrid',
        timestamp: new Date((nowS - 60) * 1000).toISOString(),
        identities: [{ kind: 'email' }],
        properties: { email_id: 'filter1.message', esp: 'sendgrid' },
      },
      {
        messageId: 'sendgrid-sg-event-2',
        event: 'Email Link Clicked',
        userId: 'customer-7',
        identities: [{ kind: 'userId' }, { kind: 'email' }],
        properties: { link_url: 'https://shop.example/mugs' },
      },
    ]);
    const stream = webhooks.records.map(({ data }) => data).join('');
    expect(stream).not.toContain('anna@example.com');
    expect(stream).not.toContain('203.0.113.9');
  });

  it.each([
    ['processed', 'Email Sent'],
    ['delivered', 'Email Delivered'],
    ['deferred', 'Email Deferred'],
    ['dropped', 'Email Dropped'],
    ['bounce', 'Email Bounced'],
    ['spamreport', 'Email Marked as Spam'],
    ['unsubscribe', 'Unsubscribed'],
    ['group_unsubscribe', 'Unsubscribed'],
    ['group_resubscribe', 'Email Resubscribed'],
  ])('with %s says %s', async (event, name) => {
    const webhooks = endpoint();
    await post(webhooks, signed(JSON.stringify([{ ...open, event }])));
    expect(webhooks.events().map((one) => one.event)).toEqual([name]);
  });

  it('marks what SendGrid calls a machine’s opening', async () => {
    const webhooks = endpoint();
    await post(webhooks, signed(JSON.stringify([{ ...open, sg_machine_open: true }])));
    expect(webhooks.events()[0]?.properties).toMatchObject({
      machine_open: true,
      machine_reason: 'esp',
    });
  });

  it('gives the same message id to an event that comes again', async () => {
    const webhooks = endpoint();
    const { sg_event_id: _, ...withoutId } = open;
    for (let time = 0; time < 2; time += 1) {
      await post(webhooks, signed(JSON.stringify([open, withoutId])));
    }
    const ids = webhooks.events().map(({ messageId }) => messageId);
    expect(ids.slice(0, 2)).toEqual(ids.slice(2));
    expect(new Set(ids).size).toBe(2);
  });

  it('of an unknown kind is kept in quarantine, the rest of the batch goes on', async () => {
    const webhooks = endpoint();
    const batch = [{ ...open, event: 'levitated' }, 'no event', open];
    const answer = await post(webhooks, signed(JSON.stringify(batch)));
    expect(answer.statusCode).toBe(200);
    expect(webhooks.events()).toHaveLength(1);
    expect(webhooks.quarantined).toHaveLength(2);
    expect(JSON.stringify(webhooks.quarantined)).not.toContain('anna@example.com');
  });
});

describe('a request to SendGrid’s address', () => {
  it('is refused with one bit of its body turned, and nothing is said of why', async () => {
    const webhooks = endpoint();
    const body = JSON.stringify([open]);
    const good = signed(body);
    const answer = await post(webhooks, {
      ...good,
      body: flipped(body).toString('base64'),
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toMatch(/forged|stale|anna/);
    expect(webhooks.records).toEqual([]);
    expect(webhooks.webhookCounts.get('WebhooksRefused')).toBe(1);
    expect(webhooks.refusals).toEqual(['sendgrid: forged']);
  });

  it('is refused without headers, when stale, and when empty', async () => {
    const webhooks = endpoint();
    const body = JSON.stringify([open]);
    const stale = signed(body, String(nowS - 26 * 3600));
    const requests = [webhookRequest('sendgrid', body), stale, webhookRequest('sendgrid', '')];
    for (const request of requests) {
      expect((await post(webhooks, request)).statusCode).toBe(401);
    }
  });

  it('is refused when it is no JSON or no batch, though signed', async () => {
    for (const body of ['{"not json', '{}', '', '"\u0000"']) {
      expect((await post(endpoint(), signed(body))).statusCode).toBe(400);
    }
  });

  it('is refused when huge, before anything is computed', async () => {
    const answer = await post(endpoint(), signed('['.repeat(4 * 1024 * 1024 + 1)));
    expect(answer.statusCode).toBe(413);
  });

  it('survives a body that is nested without end', async () => {
    const answer = await post(endpoint(), signed('['.repeat(1024 * 1024)));
    expect(answer.statusCode).toBe(400);
  });

  it('may be signed with the next key while one is being rotated', async () => {
    const webhooks = memoryWebhooks({
      document: { esp: 'sendgrid' },
      secrets: { publicKey: published.publicKey, publicKeyNext: secrets.publicKey },
    });
    expect((await post(webhooks, signed(JSON.stringify([open])))).statusCode).toBe(200);
  });

  it('comes again later while the stream is down or the key isn’t there yet', async () => {
    const down = endpoint({ stream: { put: () => Promise.reject(new Error('down')) } });
    expect((await post(down, signed(JSON.stringify([open])))).statusCode).toBe(503);
    const keyless = memoryWebhooks({ document: { esp: 'sendgrid' } });
    const answer = await post(keyless, signed(JSON.stringify([open])));
    expect(answer).toMatchObject({
      statusCode: 503,
      headers: { 'Retry-After': expect.any(String) },
    });
  });

  it('is unknown for another ESP, another source and a source that is switched off', async () => {
    const body = JSON.stringify([open]);
    const { headers } = signed(body);
    const off = memoryWebhooks({
      document: { esp: 'sendgrid' },
      secrets,
      source: {
        sourceId: 'sendgrid',
        priority: 100,
        isEnabled: false,
        writeKeys: [],
        isServerSide: true,
        schemaMode: 'lenient',
      },
    });
    const asked = [
      post(endpoint(), webhookRequest('mailchimp', body)),
      post(endpoint(), webhookRequest('mailgun', body)),
      post(endpoint(), { ...signed(body), queryStringParameters: { source: 'other' } }),
      post(endpoint(), { ...signed(body), queryStringParameters: { source: '../x' } }),
      post(off, webhookRequest('sendgrid', body, Object(headers))),
    ];
    for (const answer of await Promise.all(asked)) expect(answer.statusCode).toBe(404);
  });
});
