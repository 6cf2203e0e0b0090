import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const MAILGUN_KEY = 'mailgun-signing-key';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
  const { connection } = test.cloud;
  const secrets = new SecretsManagerClient({
    region: connection.region,
    endpoint: connection.aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: connection.resources.SourceSecretsArn ?? '',
      SecretString: JSON.stringify({
        sendgrid: {
          publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
        },
        'mailgun-shop': { signingKey: MAILGUN_KEY },
      }),
    }),
  );
  secrets.destroy();
  for (const [id, esp] of [
    ['sendgrid', 'sendgrid'],
    ['mailgun-shop', 'mailgun'],
  ]) {
    await test.clients.dynamoDb.send(
      new PutItemCommand({
        TableName: connection.resources.ConfigTableName ?? '',
        Item: marshall({ kind: 'webhook', id, esp }),
      }),
    );
  }
});
afterAll(() => test?.stop());
afterEach(() => test?.cloud.faults.liftAll());

const nowS = () => Math.floor(Date.now() / 1000);

function post(path: string, body: string, headers: Record<string, string> = {}) {
  return fetch(`${test.cloud.connection.collector}/v1/webhooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

function sendgrid(events: object[]) {
  const body = `${JSON.stringify(events, undefined, 2)}\r\n`;
  const timestamp = String(nowS());
  const signature = createSign('sha256')
    .update(timestamp + body)
    .sign(privateKey, 'base64');
  return post('sendgrid', body, {
    'X-Twilio-Email-Event-Webhook-Signature': signature,
    'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
  });
}

function mailgun(event: object, token: string) {
  const timestamp = String(nowS());
  const signature = createHmac('sha256', MAILGUN_KEY)
    .update(timestamp + token)
    .digest('hex');
  const body = { signature: { timestamp, token, signature }, 'event-data': event };
  return JSON.stringify(body);
}

const engagementOf = (userId: string) => async () => (await test.profileOf(userId))?.email;

describe('from an ESP’s webhook to a profile', () => {
  it('SendGrid’s openings and clicks engage, a machine’s don’t, and repeats count once', async () => {
    const shared = { email: 'anna@example.com', user_id: 'anna', timestamp: nowS() - 10 };
    const batch = [
      { ...shared, event: 'open', sg_event_id: 'open-1' },
      { ...shared, event: 'open', sg_event_id: 'open-2', sg_machine_open: true },
      { ...shared, event: 'click', sg_event_id: 'click-1', url: 'https://shop.example/mugs' },
    ];
    expect((await sendgrid(batch)).status).toBe(200);
    expect((await sendgrid(batch)).status).toBe(200);
    const last = { ...shared, event: 'click', sg_event_id: 'click-2', url: 'https://shop.example' };
    expect((await sendgrid([last])).status).toBe(200);
    const engagement = await eventually(
      'the last click',
      engagementOf('anna'),
      (email) => (email?.clickCount ?? 0) >= 2,
    );
    const atMs = shared.timestamp * 1000;
    const counts = { openCount: 1, clickCount: 2 };
    expect(engagement).toEqual({ ...counts, lastOpenMs: atMs, lastClickMs: atMs });
    const found = await test.profileOf('anna');
    expect(found?.identities).toHaveLength(2);
    expect(JSON.stringify(found)).not.toContain('anna@example.com');
  });

  it('Mailgun’s too, by a source of its own name; a token signs one body', async () => {
    const opened = {
      event: 'opened',
      id: 'mailgun-event-1',
      timestamp: nowS() - 10,
      recipient: 'bert@example.com',
      'user-variables': { user_id: 'bert' },
    };
    const body = mailgun(opened, 'token-1');
    const path = 'mailgun?source=mailgun-shop';
    expect((await post(path, body)).status).toBe(200);
    expect((await post(path, body)).status).toBe(200);
    const forged = JSON.stringify({
      ...JSON.parse(body),
      'event-data': { ...opened, id: 'other', 'user-variables': { user_id: 'victim' } },
    });
    expect((await post(path, forged)).status).toBe(401);
    const engagement = await eventually(
      'the opening',
      engagementOf('bert'),
      (email) => (email?.openCount ?? 0) >= 1,
    );
    const lastOpenMs = opened.timestamp * 1000;
    expect(engagement).toEqual({ openCount: 1, clickCount: 0, lastOpenMs });
    expect(await test.profileOf('victim')).toBeUndefined();
  });

  it('what isn’t signed or isn’t known is refused as a problem', async () => {
    const unsigned = await post('sendgrid', '[]');
    expect(unsigned.status).toBe(401);
    expect(unsigned.headers.get('content-type')).toContain('application/problem+json');
    expect((await post('mailchimp', '{}')).status).toBe(404);
    expect((await post('mailgun', '{}')).status).toBe(404);
  });

  it('nothing is acknowledged while the stream is down', async () => {
    const fault = test.cloud.faults.inject({ service: 'kinesis', action: { kind: 'error' } });
    const event = { email: 'cleo@example.com', user_id: 'cleo', event: 'open', sg_event_id: 'c1' };
    const batch = [{ ...event, timestamp: nowS() - 10 }];
    const refused = await sendgrid(batch);
    expect(refused.status).toBe(503);
    fault.lift();
    expect((await sendgrid(batch)).status).toBe(200);
    await eventually(
      'the retried opening',
      engagementOf('cleo'),
      (email) => email?.openCount === 1,
    );
  });
});
