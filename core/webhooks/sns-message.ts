import { verify as verifySignature, X509Certificate } from 'node:crypto';
import * as z from 'zod';

/**
 * A message that Amazon SNS posts to an HTTPS endpoint.
 * Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
const shared = {
  MessageId: z.string().min(1),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
};

const confirmation = { ...shared, SubscribeURL: z.string(), Token: z.string() };

export const snsMessage = z.discriminatedUnion('Type', [
  z.looseObject({
    ...shared,
    Type: z.literal('Notification'),
    Subject: z.string().nullish(),
  }),
  z.looseObject({ ...confirmation, Type: z.literal('SubscriptionConfirmation') }),
  z.looseObject({ ...confirmation, Type: z.literal('UnsubscribeConfirmation') }),
]);
export type SnsMessage = z.infer<typeof snsMessage>;

/** What SNS signs of each type, in this order; a notification without a subject leaves it out. */
const SIGNED_FIELDS: Readonly<Record<SnsMessage['Type'], readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
};

/** The text that the signature is over: name and value, each with a line feed. */
export function signedText(message: SnsMessage): string {
  const values = new Map<string, unknown>(Object.entries(message));
  return SIGNED_FIELDS[message.Type]
    .filter((name) => typeof values.get(name) === 'string')
    .map((name) => `${name}\n${values.get(name)}\n`)
    .join('');
}

const ALGORITHMS = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' } as const;

/** Whether the certificate (PEM) is in force and its key made the message's signature. */
export function isSignedBy(certificatePem: string, message: SnsMessage, nowMs: number): boolean {
  const certificate = new X509Certificate(certificatePem);
  const isInForce =
    Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
  if (!isInForce) return false;
  return verifySignature(
    ALGORITHMS[message.SignatureVersion],
    Buffer.from(signedText(message)),
    certificate.publicKey,
    Buffer.from(message.Signature, 'base64'),
  );
}

const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem$/;

/** Whether the certificate is SNS' own, of the topic's region: anybody can sign with a certificate of his. */
export function isSigningCertificateUrl(url: string, topicArn: string): boolean {
  const parsed = ofSns(url, topicArn);
  return parsed !== undefined && CERTIFICATE_PATH.test(parsed.pathname) && parsed.search === '';
}

/** Whether a GET of the URL confirms a subscription to this topic and does nothing else. */
export function isSubscribeUrl(url: string, topicArn: string): boolean {
  const parsed = ofSns(url, topicArn);
  return (
    parsed !== undefined &&
    parsed.pathname === '/' &&
    parsed.searchParams.get('Action') === 'ConfirmSubscription' &&
    parsed.searchParams.get('TopicArn') === topicArn
  );
}

/** The URL if it leads by HTTPS to SNS in the topic's region, at the usual port and as nobody. */
function ofSns(url: string, topicArn: string): URL | undefined {
  const [, partition = '', , region = ''] = topicArn.split(':');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  if (!/^[a-z0-9-]+$/.test(region) || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const isPinned =
    parsed.protocol === 'https:' &&
    parsed.host === `sns.${region}.${domain}` &&
    parsed.username === '' &&
    parsed.password === '' &&
    parsed.hash === '';
  return isPinned ? parsed : undefined;
}
