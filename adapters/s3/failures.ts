import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** A record of the stream that could not be read, kept whole. */
export interface FailedRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivedAtMs: number;
  /** Base64 of the record's bytes. */
  readonly data: string;
  /** What was wrong with it, without personal data. */
  readonly cause: string;
}

/** Where poison records lie in the failures bucket. */
export const POISON_PREFIX = 'poison/';

/** Keeps a record under a key made of its place in the stream, so that a retry overwrites itself. */
export async function writePoison(
  client: S3Client,
  bucket: string,
  record: FailedRecord,
): Promise<void> {
  const { shardId, sequenceNumber, partitionKey, arrivedAtMs, data, cause } = record;
  const arrivedAt = new Date(arrivedAtMs).toISOString();
  const document = { cause, shardId, sequenceNumber, partitionKey, arrivedAt, data };
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `${POISON_PREFIX}${shardId}/${sequenceNumber}.json`,
      Body: JSON.stringify(document),
      ContentType: 'application/json',
    }),
  );
}

/** What a customer could not be joined to: one has as many identities as one may have. */
export interface RefusedIdentities {
  /** On which the event was received, `YYYY-MM-DD`. */
  readonly day: string;
  readonly profileId: string;
  /** References (`kind#hmac`) of what was not joined. */
  readonly identities: readonly string[];
  /** One event that named them, as it was collected. */
  readonly event: object;
}

/** Where refused identities lie in the failures bucket. */
export const REFUSED_IDENTITIES_PREFIX = 'identities/';

/** One file a day for each customer; a later one of the day takes its place. */
export async function writeRefusedIdentities(
  client: S3Client,
  bucket: string,
  { day, profileId, identities, event }: RefusedIdentities,
): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `${REFUSED_IDENTITIES_PREFIX}day=${day}/${profileId}.json`,
      Body: JSON.stringify({ profileId, identities, event }),
      ContentType: 'application/json',
    }),
  );
}
