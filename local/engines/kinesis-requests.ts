import * as z from 'zod';
import { ServiceError } from './json-service.ts';
import type { StartingPosition } from './kinesis-shard.ts';

/** Kinesis' requests. An unknown member is refused: ignoring one would change what was asked for. */

/** PutRecords takes 500 records and 10 MiB; https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const PUT_RECORDS_MAX = 500;
export const GET_RECORDS_MAX = 10_000;
/** Listings give this many at once unless told otherwise. */
const PAGE_SIZE = 100;

const streamRef = { StreamName: z.string().optional(), StreamARN: z.string().optional() };
const hashKey = z.string().regex(/^(0|[1-9]\d{0,38})$/u);
const putEntry = {
  Data: z.base64(),
  PartitionKey: z.string().min(1).max(256),
  ExplicitHashKey: hashKey.optional(),
};
const pageSize = z.number().int().min(1).max(10_000).default(PAGE_SIZE);
/** All sequence numbers have 56 digits. */
const sequence = z.string().regex(/^\d{56}$/u);

export const streamRequest = z.strictObject(streamRef);
export const putRecordRequest = z.strictObject({
  ...streamRef,
  ...putEntry,
  // Ours rise in any case.
  SequenceNumberForOrdering: sequence.optional(),
});
export const putRecordsRequest = z.strictObject({
  ...streamRef,
  Records: z.array(z.strictObject(putEntry)).min(1).max(PUT_RECORDS_MAX),
});
export const getRecordsRequest = z.strictObject({
  ...streamRef,
  ShardIterator: z.string(),
  Limit: z.number().int().min(1).max(GET_RECORDS_MAX).default(GET_RECORDS_MAX),
});
export const createStreamRequest = z
  .strictObject({
    StreamName: z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/u),
    ShardCount: z.number().int().min(1).max(500).optional(),
    StreamModeDetails: z
      .strictObject({ StreamMode: z.enum(['ON_DEMAND', 'PROVISIONED']) })
      .default({ StreamMode: 'PROVISIONED' }),
    MaxRecordSizeInKiB: z.number().int().min(1024).max(10_240).default(1024),
  })
  .refine(
    ({ ShardCount, StreamModeDetails: { StreamMode } }) =>
      (ShardCount === undefined) === (StreamMode === 'ON_DEMAND'),
    { error: 'ShardCount is for provisioned streams, and they need one', path: ['ShardCount'] },
  );
export const deleteStreamRequest = z.strictObject({
  ...streamRef,
  EnforceConsumerDeletion: z.boolean().optional(),
});
export const splitShardRequest = z.strictObject({
  ...streamRef,
  ShardToSplit: z.string(),
  NewStartingHashKey: hashKey.transform(BigInt),
});
export const mergeShardsRequest = z.strictObject({
  ...streamRef,
  ShardToMerge: z.string(),
  AdjacentShardToMerge: z.string(),
});
export const describeStreamRequest = z.strictObject({
  ...streamRef,
  Limit: pageSize,
  ExclusiveStartShardId: z.string().default(''),
});
export const listShardsRequest = z.strictObject({
  ...streamRef,
  MaxResults: pageSize,
  ExclusiveStartShardId: z.string().optional(),
  NextToken: z.string().optional(),
});
export const listStreamsRequest = z.strictObject({
  Limit: pageSize,
  ExclusiveStartStreamName: z.string().optional(),
  NextToken: z.string().optional(),
});
export const shardIteratorRequest = z.strictObject({
  ...streamRef,
  ShardId: z.string(),
  ShardIteratorType: z.enum([
    'TRIM_HORIZON',
    'LATEST',
    'AT_SEQUENCE_NUMBER',
    'AFTER_SEQUENCE_NUMBER',
    'AT_TIMESTAMP',
  ]),
  StartingSequenceNumber: z.string().optional(),
  /** Epoch seconds. */
  Timestamp: z.number().optional(),
});

/** @throws ServiceError when the type's own parameter is missing or malformed. */
export function startingPosition(request: z.infer<typeof shardIteratorRequest>): StartingPosition {
  const { ShardIteratorType: type, StartingSequenceNumber, Timestamp } = request;
  switch (type) {
    case 'TRIM_HORIZON':
    case 'LATEST':
      return { type };
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const parsed = sequence.safeParse(StartingSequenceNumber);
      if (parsed.success) return { type, sequence: parsed.data };
      throw invalidArgument(`${type} needs a StartingSequenceNumber of this stream`);
    }
    case 'AT_TIMESTAMP':
      if (Timestamp !== undefined) return { type, timestampMs: Timestamp * 1000 };
      throw invalidArgument(`${type} needs a Timestamp`);
  }
}

const iteratorContent = z.object({
  stream: z.string(),
  shardId: z.string(),
  after: z.string(),
  issuedAtMs: z.number(),
});

/** What an iterator says: the place in a shard, and when it was issued. */
export type ShardIterator = z.infer<typeof iteratorContent>;

export function encodeIterator(iterator: ShardIterator): string {
  return Buffer.from(JSON.stringify(iterator)).toString('base64');
}

export function decodeIterator(text: string): ShardIterator {
  try {
    return iteratorContent.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    throw invalidArgument('Invalid ShardIterator.');
  }
}

const shardsTokenContent = z.object({ stream: z.string(), after: z.string() });

/** Continues a listing of shards; as in AWS it stands for the stream too. */
export function encodeShardsToken(token: z.infer<typeof shardsTokenContent>): string {
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

export function decodeShardsToken(text: string): z.infer<typeof shardsTokenContent> {
  try {
    return shardsTokenContent.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    throw invalidArgument('Invalid NextToken.');
  }
}

export function invalidArgument(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
