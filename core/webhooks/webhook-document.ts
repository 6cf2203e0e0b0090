import * as z from 'zod';

/** The ESPs that can send here, by the names in the path. */
export const esps = [
  'sendgrid',
  'ses',
  'mailgun',
  'postmark',
  'customerio',
  'klaviyo',
  'braze',
] as const;
export const espName = z.enum(esps);
export type EspName = z.infer<typeof espName>;

/** Under a minute clocks' differences would refuse good requests; over a month nothing is retried. */
const toleranceSeconds = z
  .int()
  .min(60)
  .max(31 * 24 * 60 * 60)
  .optional();

/** Topics of one source: one per configuration set and region is plenty. */
const TOPICS_MAX = 50;

const topicArn = z.string().regex(/^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/, {
  message: 'expected the ARN of an SNS topic, e.g. arn:aws:sns:eu-west-1:123456789012:ses-events',
});

/**
 * Which ESP may send as a source: a document of the config table, kind `webhook`, id the source's.
 * What the signature is checked with stands in the sources' secret, under the same id.
 */
export const webhookDocument = z.discriminatedUnion('esp', [
  z.strictObject({
    esp: z.enum(['sendgrid', 'mailgun', 'customerio', 'klaviyo']),
    /** Absent: as long as the ESP retries. */
    toleranceSeconds,
  }),
  z.strictObject({
    esp: z.literal('ses'),
    /** The topics that the configuration sets publish to; any other's messages are refused. */
    topicArns: z.array(topicArn).min(1).max(TOPICS_MAX),
    toleranceSeconds,
  }),
  // They send a password or a token and no signed time.
  z.strictObject({ esp: z.enum(['postmark', 'braze']) }),
]);
export type WebhookDocument = z.infer<typeof webhookDocument>;
