import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { FaultAction, Faults } from '../faults.ts';
import { type Engine, ServiceError, startJsonService } from './json-service.ts';
import { Shard, type StoredRecord, sequenceNumber, shardIdOf } from './kinesis-shard.ts';

/**
 * Kinesis Data Streams: a log per shard in memory, the API's limits and errors, and direct reads
 * for the event source mapping and Firehose, which in AWS are not clients of ours either.
 * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/
 */
export interface KinesisOptions {
  readonly faults?: Faults;
  readonly now?: () => number;
}

export interface KinesisEngine extends Engine {
  createStream(name: string, shardCount?: number): void;
  shardIds(stream: string): string[];
  /** Records after a sequence number (from the start without one), and a promise of more. */
  read(
    stream: string,
    shardId: string,
    after: string | undefined,
    limit: ReadLimit,
  ): StoredRecord[];
  /** Ends when the shard holds a record after the one named, or the signal aborts. */
  waitForRecords(
    stream: string,
    shardId: string,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** Announces a consumer whose unread records must stay. */
  registerConsumer(stream: string, consumer: string): void;
  /** Lets memory go: records up to here have been read by this consumer. */
  checkpoint(stream: string, shardId: string, consumer: string, sequence: string): void;
}

export interface ReadLimit {
  readonly recordCount: number;
  readonly bytes: number;
}

/** PutRecords takes 500 records and 10 MiB; a record 10 MiB with its key. */
const PUT_RECORDS_MAX = 500;
const PUT_BYTES_MAX = 10 * 1024 * 1024;
const GET_RECORDS_MAX = 10_000;
/** A new on-demand stream has four shards. */
const ON_DEMAND_SHARDS = 4;
const ITERATOR_LIFE_MS = 5 * 60 * 1000;
/** Bytes of records held before writes are throttled, as a shard would be: nothing unread is dropped. */
const STREAM_BYTES_MAX = 512 * 1024 * 1024;

const putEntry = z.object({
  Data: z.base64(),
  PartitionKey: z.string().min(1).max(256),
  ExplicitHashKey: z
    .string()
    .regex(/^\d{1,39}$/u)
    .optional(),
});
const streamRef = z.object({ StreamName: z.string().optional(), StreamARN: z.string().optional() });
const iteratorRequest = streamRef.extend({
  ShardId: z.string(),
  ShardIteratorType: z.enum([
    'TRIM_HORIZON',
    'LATEST',
    'AT_SEQUENCE_NUMBER',
    'AFTER_SEQUENCE_NUMBER',
    'AT_TIMESTAMP',
  ]),
  StartingSequenceNumber: z.string().optional(),
  Timestamp: z.number().optional(),
});
const getRequest = z.object({
  ShardIterator: z.string(),
  Limit: z.number().int().min(1).max(GET_RECORDS_MAX).optional(),
});
const createRequest = z.object({
  StreamName: z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/u),
  ShardCount: z.number().int().min(1).max(500).optional(),
  StreamModeDetails: z.object({ StreamMode: z.enum(['ON_DEMAND', 'PROVISIONED']) }).optional(),
});

export async function startKinesisEngine(options: KinesisOptions = {}): Promise<KinesisEngine> {
  const streams = new Streams(options.now ?? Date.now);
  const service = await startJsonService({
    name: 'Kinesis',
    target: 'Kinesis_20131202',
    faultName: 'kinesis',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.1',
    throttlingError: 'ProvisionedThroughputExceededException',
    operations: streams.operations(),
  });
  return {
    endpoint: service.endpoint,
    stop: () => service.stop(),
    createStream: (name, shardCount) => streams.create(name, shardCount ?? ON_DEMAND_SHARDS),
    shardIds: (stream) => streams.get(stream).shards.map(({ id }) => id),
    read: (stream, shardId, after, limit) => streams.shard(stream, shardId).read(after, limit),
    waitForRecords: (stream, shardId, after, signal) =>
      streams.shard(stream, shardId).waitForRecords(after, signal),
    registerConsumer: (stream, consumer) => {
      streams.get(stream).consumers.add(consumer);
    },
    checkpoint: (stream, shardId, consumer, sequence) =>
      streams.shard(stream, shardId).checkpoint(consumer, sequence, streams.get(stream).consumers),
  };
}

interface Stream {
  readonly name: string;
  readonly createdAtMs: number;
  readonly shards: readonly Shard[];
  /** Whoever reads the stream without the wire; memory is kept for the slowest of them. */
  readonly consumers: Set<string>;
}

class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #now: () => number;
  #counter = 0n;

  constructor(now: () => number) {
    this.#now = now;
  }

  operations() {
    return {
      CreateStream: (input: unknown) => {
        const request = parse(createRequest, input);
        this.create(request.StreamName, request.ShardCount ?? ON_DEMAND_SHARDS);
        return {};
      },
      DeleteStream: (input: unknown) => {
        this.#streams.delete(this.#named(input).name);
        return {};
      },
      DescribeStream: (input: unknown) => ({ StreamDescription: describe(this.#named(input)) }),
      DescribeStreamSummary: (input: unknown) => ({
        StreamDescriptionSummary: summarize(this.#named(input)),
      }),
      ListStreams: () => ({ StreamNames: [...this.#streams.keys()], HasMoreStreams: false }),
      ListShards: (input: unknown) => ({ Shards: this.#named(input).shards.map(describeShard) }),
      PutRecord: (input: unknown) => this.#put(this.#named(input), parse(putEntry, input)),
      PutRecords: (input: unknown, fault?: FaultAction) =>
        this.#putRecords(input, fault?.kind === 'partial' ? fault.share : 0),
      GetShardIterator: (input: unknown) => this.#iterator(parse(iteratorRequest, input)),
      GetRecords: (input: unknown) => this.#getRecords(parse(getRequest, input)),
    };
  }

  create(name: string, shardCount: number): void {
    if (this.#streams.has(name)) {
      throw new ServiceError('ResourceInUseException', `Stream ${name} already exists`);
    }
    const shards = Array.from({ length: shardCount }, (_, index) => new Shard(index, shardCount));
    this.#streams.set(name, { name, createdAtMs: this.#now(), shards, consumers: new Set() });
  }

  get(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Stream ${name} not found`);
    }
    return stream;
  }

  shard(streamName: string, shardId: string): Shard {
    const shard = this.get(streamName).shards.find(({ id }) => id === shardId);
    if (shard === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Shard ${shardId} not found`);
    }
    return shard;
  }

  #named(input: unknown): Stream {
    const { StreamName, StreamARN } = parse(streamRef, input);
    return this.get(StreamName ?? StreamARN?.split('/').at(-1) ?? '');
  }

  #put(stream: Stream, entry: z.infer<typeof putEntry>) {
    const data = Buffer.from(entry.Data, 'base64');
    if (data.length + Buffer.byteLength(entry.PartitionKey) > PUT_BYTES_MAX) {
      throw new ServiceError('ValidationException', 'A record is larger than 10 MiB');
    }
    const heldBytes = stream.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    if (heldBytes + data.length > STREAM_BYTES_MAX) {
      throw new ServiceError(
        'ProvisionedThroughputExceededException',
        `The stream holds ${STREAM_BYTES_MAX} bytes that a consumer has not read yet`,
      );
    }
    const hash = entry.ExplicitHashKey ?? hashKey(entry.PartitionKey);
    const shard = stream.shards.find((candidate) => candidate.holds(BigInt(hash)));
    if (shard === undefined) throw new ServiceError('InvalidArgumentException', 'No such hash key');
    this.#counter += 1n;
    const record: StoredRecord = {
      sequenceNumber: sequenceNumber(this.#counter, shard.index),
      partitionKey: entry.PartitionKey,
      data,
      arrivedAtMs: this.#now(),
    };
    shard.append(record);
    return { SequenceNumber: record.sequenceNumber, ShardId: shard.id, EncryptionType: 'KMS' };
  }

  #putRecords(input: unknown, failedShare: number) {
    const stream = this.#named(input);
    const { Records } = parse(z.object({ Records: z.array(putEntry).min(1) }), input);
    if (Records.length > PUT_RECORDS_MAX) {
      throw new ServiceError(
        'ValidationException',
        `Member must have length less than or equal to ${PUT_RECORDS_MAX}`,
      );
    }
    const bytes = Records.reduce(
      (sum, { Data, PartitionKey }) => sum + (Data.length * 3) / 4 + PartitionKey.length,
      0,
    );
    if (bytes > PUT_BYTES_MAX) {
      throw new ServiceError('InvalidArgumentException', 'Records are larger than 10 MiB together');
    }
    const failedCount = Math.ceil(Records.length * failedShare);
    let failed = 0;
    const results = Records.map((entry, index) => {
      if (index < failedCount) {
        failed += 1;
        return throttled(stream.name);
      }
      try {
        return this.#put(stream, entry);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        failed += 1;
        return { ErrorCode: error.name, ErrorMessage: error.message };
      }
    });
    return { FailedRecordCount: failed, Records: results, EncryptionType: 'KMS' };
  }

  #iterator(request: z.infer<typeof iteratorRequest>) {
    const stream = this.#named(request);
    const shard = this.shard(stream.name, request.ShardId);
    const position = shard.position(request.ShardIteratorType, {
      sequence: request.StartingSequenceNumber,
      timestampMs: request.Timestamp === undefined ? undefined : request.Timestamp * 1000,
    });
    return { ShardIterator: this.#encodeIterator(stream.name, shard.id, position) };
  }

  #getRecords(request: z.infer<typeof getRequest>) {
    const iterator = decodeIterator(request.ShardIterator);
    if (this.#now() - iterator.issuedAtMs > ITERATOR_LIFE_MS) {
      throw new ServiceError('ExpiredIteratorException', 'The iterator is older than five minutes');
    }
    const shard = this.shard(iterator.stream, iterator.shardId);
    const after = iterator.after === '' ? undefined : iterator.after;
    const records = shard.read(after, {
      recordCount: request.Limit ?? GET_RECORDS_MAX,
      bytes: PUT_BYTES_MAX,
    });
    const last = records.at(-1);
    const behind =
      last === undefined
        ? undefined
        : shard.read(last.sequenceNumber, { recordCount: 1, bytes: 1 })[0];
    return {
      Records: records.map((record) => ({
        SequenceNumber: record.sequenceNumber,
        PartitionKey: record.partitionKey,
        Data: record.data.toString('base64'),
        ApproximateArrivalTimestamp: record.arrivedAtMs / 1000,
        EncryptionType: 'KMS',
      })),
      NextShardIterator: this.#encodeIterator(
        iterator.stream,
        shard.id,
        last?.sequenceNumber ?? iterator.after,
      ),
      MillisBehindLatest: behind === undefined ? 0 : Math.max(1, this.#now() - behind.arrivedAtMs),
    };
  }

  #encodeIterator(stream: string, shardId: string, after: string): string {
    return Buffer.from(
      JSON.stringify({ stream, shardId, after, issuedAtMs: this.#now() }),
    ).toString('base64');
  }
}

const iteratorContent = z.object({
  stream: z.string(),
  shardId: z.string(),
  after: z.string(),
  issuedAtMs: z.number(),
});

function decodeIterator(text: string): z.infer<typeof iteratorContent> {
  try {
    return iteratorContent.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    throw new ServiceError('InvalidArgumentException', 'Invalid ShardIterator.');
  }
}

/** A partition key belongs to the shard whose range holds its MD5. */
function hashKey(partitionKey: string): string {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`).toString();
}

function throttled(stream: string) {
  return {
    ErrorCode: 'ProvisionedThroughputExceededException',
    ErrorMessage: `Rate exceeded for a shard in stream ${stream}`,
  };
}

function summarize(stream: Stream) {
  return {
    StreamName: stream.name,
    StreamARN: `arn:aws:kinesis:local:000000000000:stream/${stream.name}`,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: stream.createdAtMs / 1000,
    EnhancedMonitoring: [],
    OpenShardCount: stream.shards.length,
  };
}

function describe(stream: Stream) {
  return { ...summarize(stream), Shards: stream.shards.map(describeShard), HasMoreShards: false };
}

function describeShard(shard: Shard) {
  return {
    ShardId: shardIdOf(shard.index),
    HashKeyRange: {
      StartingHashKey: shard.firstHash.toString(),
      EndingHashKey: shard.lastHash.toString(),
    },
    SequenceNumberRange: { StartingSequenceNumber: sequenceNumber(0n, shard.index) },
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError('ValidationException', z.prettifyError(parsed.error));
}
