import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSigningCertificateUrl, isSubscribeUrl } from '../../../core/webhooks/sns-message.ts';
import { memoryWebhooks, post, webhookRequest } from '../../support/webhooks.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/webhooks');
const key = readFileSync(join(fixtures, 'sns-key.pem'), 'utf8');
const certificate = readFileSync(join(fixtures, 'sns-certificate.pem'), 'utf8');
const otherCertificate = readFileSync(join(fixtures, 'other-certificate.pem'), 'utf8');

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ses-events';
const CERTIFICATE_URL =
  'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-010a507c1833636cd94bdb98bd93083a.pem';
const SUBSCRIBE_URL = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t0ken`;

type Fields = Record<string, string>;

/** Signed by the rule of https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html, written out here anew. */
function sign(fields: Fields): string {
  const names =
    fields.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  let text = '';
  for (const name of names) if (fields[name] !== undefined) text += `${name}\n${fields[name]}\n`;
  return createSign(fields.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256')
    .update(text)
    .sign(key, 'base64');
}

function envelope(change: Fields = {}): Fields {
  return {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: TOPIC,
    Message: JSON.stringify(
      sesEvent('Open', { open: { timestamp: at(30), userAgent: 'Thunderbird' } }),
    ),
    Timestamp: new Date().toISOString(),
    SignatureVersion: '2',
    SigningCertURL: CERTIFICATE_URL,
    ...change,
  };
}

function request(fields: Fields, signature = sign(fields)) {
  return webhookRequest('ses', JSON.stringify({ ...fields, Signature: signature }), {
    'x-amz-sns-message-type': fields.Type ?? '',
  });
}

const sentMs = Date.now() - 3_600_000;
const at = (afterS: number) => new Date(sentMs + afterS * 1000).toISOString();

function sesEvent(eventType: string, part: object, destination = ['anna@example.com']) {
  return {
    eventType,
    mail: {
      timestamp: at(0),
      messageId: 'ses-message-1',
      source: 'shop@example.com',
      destination,
      commonHeaders: { subject: 'New mugs' },
      tags: { 'ses:configuration-set': ['main'], campaign_id: ['spring'], user_id: ['customer-7'] },
    },
    ...part,
  };
}

const endpoint = (pem = certificate, overrides = {}) =>
  memoryWebhooks({
    document: { esp: 'ses', topicArns: [TOPIC] },
    certificate: pem,
    overrides,
  });

describe('a notification of SNS', () => {
  it.each(['1', '2'])('with a signature of version %s is believed', async (SignatureVersion) => {
    const webhooks = endpoint();
    const answer = await post(webhooks, request(envelope({ SignatureVersion })));
    expect(answer.statusCode).toBe(200);
    expect(webhooks.events()).toHaveLength(1);
  });

  it('with a subject is believed: the subject is signed too', async () => {
    const fields = envelope({ Subject: 'Amazon SES Email Event Notification' });
    expect((await post(endpoint(), request(fields))).statusCode).toBe(200);
    const changed = { ...fields, Subject: 'Another' };
    expect((await post(endpoint(), request(changed, sign(fields)))).statusCode).toBe(401);
  });

  it.each<[string, Fields]>([
    ['message', { Message: '{}' }],
    ['id', { MessageId: 'another' }],
    ['time', { Timestamp: new Date(Date.now() + 1000).toISOString() }],
    ['signature version', { SignatureVersion: '1' }],
  ])('with another %s than was signed is refused', async (_, change) => {
    const webhooks = endpoint();
    const fields = envelope();
    const answer = await post(webhooks, request({ ...fields, ...change }, sign(fields)));
    expect(answer.statusCode).toBe(401);
    expect(webhooks.records).toEqual([]);
  });

  it.each<[string, Fields]>([
    ['from another topic, though SNS signed it', { TopicArn: `${TOPIC}-mine` }],
    ['that is stale', { Timestamp: new Date(Date.now() - 3 * 3_600_000).toISOString() }],
    ['with a certificate from elsewhere', { SigningCertURL: 'https://evil.example/sns.pem' }],
    ['of a version that doesn’t exist', { SignatureVersion: '3' }],
  ])('%s is refused', async (_, change) => {
    expect((await post(endpoint(), request(envelope(change)))).statusCode).toBe(401);
  });

  it('signed with another key than the certificate’s is refused', async () => {
    const answer = await post(endpoint(otherCertificate), request(envelope()));
    expect(answer.statusCode).toBe(401);
  });

  it.each(['', 'null', '[]', '{"Type":"Notification"}', '{'])('"%s" is refused', async (body) => {
    expect((await post(endpoint(), webhookRequest('ses', body))).statusCode).toBe(401);
  });

  it('comes again later when its certificate can’t be fetched', async () => {
    const sns = { certificate: () => Promise.reject(new Error('down')), confirm: async () => {} };
    expect((await post(endpoint('', { sns }), request(envelope()))).statusCode).toBe(503);
  });
});

describe('a URL of SNS', () => {
  it.each([
    CERTIFICATE_URL.replace('https', 'http'),
    CERTIFICATE_URL.replace('.com/', '.com.evil.example/'),
    CERTIFICATE_URL.replace('sns.', 'sns.evil.'),
    CERTIFICATE_URL.replace('eu-west-1', 'us-east-1'),
    CERTIFICATE_URL.replace('.com/', '.com:8443/'),
    CERTIFICATE_URL.replace('https://', 'https://user@'),
    `${CERTIFICATE_URL}?x=1`,
    `${CERTIFICATE_URL}#x`,
    'https://sns.eu-west-1.amazonaws.com/../evil/SimpleNotificationService-1.pem',
    'https://sns-eu-west-1.s3.amazonaws.com/SimpleNotificationService-1.pem',
    'nonsense',
  ])('is no certificate’s: %s', (url) => {
    expect(isSigningCertificateUrl(url, TOPIC)).toBe(false);
  });

  it('is one in the topic’s own region, and in China', () => {
    expect(isSigningCertificateUrl(CERTIFICATE_URL, TOPIC)).toBe(true);
    const china = 'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-ab12.pem';
    expect(isSigningCertificateUrl(china, 'arn:aws-cn:sns:cn-north-1:123456789012:t')).toBe(true);
    expect(isSigningCertificateUrl(china, TOPIC)).toBe(false);
  });

  it('confirms a subscription to this topic and does nothing else', () => {
    expect(isSubscribeUrl(SUBSCRIBE_URL, TOPIC)).toBe(true);
    expect(isSubscribeUrl(SUBSCRIBE_URL.replace('Confirm', 'Delete'), TOPIC)).toBe(false);
    expect(isSubscribeUrl(SUBSCRIBE_URL, `${TOPIC}-2`)).toBe(false);
    expect(isSubscribeUrl(SUBSCRIBE_URL.replace('.com/', '.com.evil/'), TOPIC)).toBe(false);
  });
});

describe('a subscription', () => {
  const confirmation = (change: Fields = {}) =>
    envelope({
      Type: 'SubscriptionConfirmation',
      Message: 'You have chosen to subscribe …',
      SubscribeURL: SUBSCRIBE_URL,
      Token: 't0ken',
      ...change,
    });

  it('of a configured topic is confirmed', async () => {
    const webhooks = endpoint();
    expect((await post(webhooks, request(confirmation()))).statusCode).toBe(200);
    expect(webhooks.confirmed).toEqual([SUBSCRIBE_URL]);
  });

  it('of another topic is not, nor one whose URL leads elsewhere', async () => {
    const webhooks = endpoint();
    const TopicArn = `${TOPIC}-mine`;
    expect((await post(webhooks, request(confirmation({ TopicArn })))).statusCode).toBe(401);
    const SubscribeURL = 'http://169.254.169.254/latest/meta-data';
    expect((await post(webhooks, request(confirmation({ SubscribeURL })))).statusCode).toBe(400);
    expect(webhooks.confirmed).toEqual([]);
  });

  it('that ended is acknowledged and changes nothing', async () => {
    const webhooks = endpoint();
    const fields = confirmation({ Type: 'UnsubscribeConfirmation' });
    expect((await post(webhooks, request(fields))).statusCode).toBe(200);
    expect(webhooks.confirmed).toEqual([]);
  });
});

describe('an event of SES', () => {
  async function eventsOf(event: object | string) {
    const webhooks = endpoint();
    const Message = typeof event === 'string' ? event : JSON.stringify(event);
    expect((await post(webhooks, request(envelope({ Message })))).statusCode).toBe(200);
    return webhooks;
  }

  it.each<[string, object, string, number]>([
    ['Send', { send: {} }, 'Email Sent', 0],
    [
      'Delivery',
      { delivery: { timestamp: at(5), recipients: ['anna@example.com'] } },
      'Email Delivered',
      5,
    ],
    ['Open', { open: { timestamp: at(60), userAgent: 'Thunderbird' } }, 'Email Opened', 60],
    [
      'Click',
      { click: { timestamp: at(70), link: 'https://shop.example' } },
      'Email Link Clicked',
      70,
    ],
    ['Reject', { reject: { reason: 'Bad content' } }, 'Email Rejected', 0],
    ['Rendering Failure', { failure: { errorMessage: 'no attribute' } }, 'Email Rejected', 0],
    [
      'DeliveryDelay',
      {
        deliveryDelay: {
          timestamp: at(9),
          delayType: 'MailboxFull',
          delayedRecipients: [{ emailAddress: 'anna@example.com' }],
        },
      },
      'Email Deferred',
      9,
    ],
    [
      'Bounce',
      {
        bounce: {
          timestamp: at(3),
          bounceType: 'Permanent',
          bounceSubType: 'General',
          bouncedRecipients: [{ emailAddress: 'anna@example.com' }],
        },
      },
      'Email Bounced',
      3,
    ],
    [
      'Complaint',
      {
        complaint: {
          timestamp: at(4),
          complainedRecipients: [{ emailAddress: 'anna@example.com' }],
        },
      },
      'Email Marked as Spam',
      4,
    ],
    [
      'Subscription',
      { subscription: { timestamp: at(8), newTopicPreferences: { unsubscribeAll: true } } },
      'Unsubscribed',
      8,
    ],
    [
      'Subscription',
      { subscription: { timestamp: at(8), newTopicPreferences: { unsubscribeAll: false } } },
      'Email Preferences Updated',
      8,
    ],
  ])('%s is one of ours', async (kind, part, name, afterS) => {
    const { events } = await eventsOf(sesEvent(kind, part));
    expect(events()).toMatchObject([
      {
        event: name,
        userId: 'customer-7',
        timestamp: at(afterS),
        messageId: 'ses-22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
        properties: { email_id: 'ses-message-1', email_subject: 'New mugs', campaign_id: 'spring' },
      },
    ]);
  });

  it('about several recipients is one for each, and nobody’s by the mail’s tag', async () => {
    const people = ['anna@example.com', 'bert@example.com'];
    const bouncedRecipients = people.map((emailAddress) => ({ emailAddress }));
    const { events } = await eventsOf(
      sesEvent('Bounce', { bounce: { timestamp: at(3), bouncedRecipients } }, people),
    );
    expect(new Set(events().map(({ messageId }) => messageId)).size).toBe(2);
    expect(events().every(({ userId }) => userId === undefined)).toBe(true);
    expect(new Set(events().map(({ identities }) => identities[0]?.key)).size).toBe(2);
  });

  it('that doesn’t say which of several opened is credited to nobody', async () => {
    const open = { open: { timestamp: at(60), userAgent: 'Thunderbird' } };
    const webhooks = await eventsOf(sesEvent('Open', open, ['a@example.com', 'b@example.com']));
    expect(webhooks.events()).toEqual([]);
    expect(webhooks.quarantined).toMatchObject([{ reason: 'no-identity' }]);
  });

  it('clicked within a second of the sending is a scanner’s', async () => {
    const soon = {
      click: { timestamp: new Date(sentMs + 400).toISOString(), link: 'https://a.b' },
    };
    const { events } = await eventsOf(sesEvent('Click', soon));
    expect(events()[0]?.properties).toMatchObject({
      machine_click: true,
      machine_reason: 'too-soon',
    });
  });

  it('that greets a new destination in words is acknowledged', async () => {
    const { events } = await eventsOf(
      'Successfully validated SNS topic for Amazon SES event publishing.',
    );
    expect(events()).toEqual([]);
  });
});
