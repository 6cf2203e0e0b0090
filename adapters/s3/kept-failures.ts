import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { POISON_PREFIX, REFUSED_IDENTITIES_PREFIX } from './failures.ts';

/** The failures bucket, for those who bring back what lies in it. */
export interface Failures {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Where Lambda writes batches that it gave up on. */
export const ABANDONED_PREFIX = 'aws/lambda/';

/** One record as it was on the stream. */
export interface KeptRecord {
  /** Undefined where the partition key is not known: it follows from the event. */
  readonly partitionKey: string | undefined;
  readonly data: Uint8Array;
}

const abandonedRecords = z.object({
  Records: z.array(z.object({ kinesis: z.object({ partitionKey: z.string(), data: z.string() }) })),
});
/**
 * What Lambda writes to a destination on S3; `payload` is the event, as text or as the document itself.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
const abandonedBatch = z.object({
  payload: z.union([
    abandonedRecords,
    z.string().transform((text, context) => {
      const parsed = abandonedRecords.safeParse(jsonOf(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: 'is no event of Kinesis' });
      return z.NEVER;
    }),
  ]),
});
const poison = z.object({ partitionKey: z.string(), data: z.string() });
const refusedIdentities = z.object({ event: z.looseObject({}) });

/** The keys of what failed on the days (UTC, both included) in which it was written, after `afterKey`. */
export async function* keptFailures(
  { client, bucket }: Failures,
  { from, to }: { readonly from: string; readonly to: string },
  afterKey: string | undefined,
): AsyncGenerator<string> {
  for (const Prefix of [ABANDONED_PREFIX, REFUSED_IDENTITIES_PREFIX, POISON_PREFIX]) {
    const StartAfter = afterKey ?? Prefix;
    // Prefixes come in the order of their text, so one key tells how far a replay has come.
    if (StartAfter > `${Prefix}\uffff`) continue;
    for await (const page of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix, StartAfter },
    )) {
      for (const { Key: key, LastModified } of page.Contents ?? []) {
        const day = LastModified?.toISOString().slice(0, 10) ?? '';
        if (key !== undefined && day >= from && day <= to) yield key;
      }
    }
  }
}

/** What was kept; `gone` where it has been replayed or has expired meanwhile. */
export async function readFailure(
  { client, bucket }: Failures,
  key: string,
): Promise<readonly KeptRecord[] | 'gone' | 'unreadable'> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const text = (await Body?.transformToString()) ?? '';
    return recordsIn(key, jsonOf(text)) ?? 'unreadable';
  } catch (error) {
    if (error instanceof NoSuchKey) return 'gone';
    throw error;
  }
}

/** Takes away what was replayed: its records are on the stream, and in the lake. Repeating it changes nothing. */
export async function removeReplayed({ client, bucket }: Failures, key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

function recordsIn(key: string, document: unknown): KeptRecord[] | undefined {
  if (key.startsWith(ABANDONED_PREFIX)) {
    const batch = abandonedBatch.safeParse(document);
    return batch.data?.payload.Records.map(({ kinesis }) => bytesOf(kinesis));
  }
  if (key.startsWith(POISON_PREFIX)) {
    const record = poison.safeParse(document);
    return record.success ? [bytesOf(record.data)] : undefined;
  }
  const refused = refusedIdentities.safeParse(document);
  if (!refused.success) return undefined;
  const data = Buffer.from(`${JSON.stringify(refused.data.event)}\n`);
  return [{ partitionKey: undefined, data }];
}

function bytesOf({ partitionKey, data }: z.infer<typeof poison>): KeptRecord {
  return { partitionKey, data: Buffer.from(data, 'base64') };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
