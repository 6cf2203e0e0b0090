import type * as z from 'zod';
import type { FaultAction, Faults } from '../faults.ts';
import { type Engine, parseInput, ServiceError, startJsonService } from './json-service.ts';
import * as requests from './kinesis-requests.ts';
import type { Shard, ShardPlace, StoredRecord } from './kinesis-shard.ts';
import { type Entry, entriesOf, type Stream, Streams, THROTTLED } from './kinesis-streams.ts';

/**
 * Kinesis Data Streams: a log per shard in memory, the API's limits and errors, and direct reads
 * for the event source mapping and Firehose, which in AWS are not clients of ours either. A shard's
 * throughput is not limited, as an on-demand stream would grow with it; memory is.
 * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/
 */
export interface KinesisOptions {
  readonly faults?: Faults;
  readonly now?: () => number;
  /** Memory of records not yet read by every consumer, per stream; full, writes are throttled. */
  readonly unreadBytesMax?: number;
  /** Memory of records that every consumer has read, per stream, kept for readers over the wire. */
  readonly retainedBytes?: number;
}

export interface KinesisEngine extends Engine {
  /** On demand; with a count of shards, provisioned. */
  createStream(name: string, shardCount?: number): void;
  /** All shards, closed ones too. */
  shardIds(stream: string): string[];
  /** What a shard came from, and whether resharding has closed it: it takes no more records. */
  shard(stream: string, shardId: string): Pick<Shard, 'isClosed'> & Pick<ShardPlace, 'parentIds'>;
  /** Records after a sequence number (from the start without one), and a promise of more. */
  read(
    stream: string,
    shardId: string,
    after: string | undefined,
    limit: ReadLimit,
  ): StoredRecord[];
  /** Ends when the shard holds a record after the one named, or is closed, or the signal aborts. */
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

const READ_BYTES_MAX = 10 * 1024 * 1024;
/** A new on-demand stream has four shards. */
const ON_DEMAND_SHARDS = 4;
/** https://docs.aws.amazon.com/streams/latest/dev/large-records.html */
const RECORD_BYTES_DEFAULT = 1024 * 1024;
const ITERATOR_LIFE_MS = 5 * 60 * 1000;
/** A quarter of the 2 GB that the whole local cloud may take. */
const UNREAD_BYTES_MAX = 512 * 1024 * 1024;
/** A day's look back would not fit in memory; this much is there to look at. */
const RETAINED_BYTES = 32 * 1024 * 1024;

export async function startKinesisEngine(options: KinesisOptions = {}): Promise<KinesisEngine> {
  const now = options.now ?? Date.now;
  const streams = new Streams(now, {
    unreadBytesMax: options.unreadBytesMax ?? UNREAD_BYTES_MAX,
    retainedBytes: options.retainedBytes ?? RETAINED_BYTES,
  });
  const service = await startJsonService({
    name: 'Kinesis',
    target: 'Kinesis_20131202',
    faultName: 'kinesis',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.1',
    throttlingError: THROTTLED,
    operations: { ...controlOperations(streams), ...dataOperations(streams, now) },
  });
  return {
    endpoint: service.endpoint,
    stop: () => service.stop(),
    createStream: (name, shardCount) =>
      streams.create(
        name,
        shardCount === undefined ? 'ON_DEMAND' : 'PROVISIONED',
        shardCount ?? ON_DEMAND_SHARDS,
        RECORD_BYTES_DEFAULT,
      ),
    shardIds: (stream) => streams.get(stream).shards.map(({ id }) => id),
    shard: (stream, shardId) => {
      const { isClosed, place } = streams.shard(stream, shardId);
      return { isClosed, parentIds: place.parentIds };
    },
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

function controlOperations(streams: Streams) {
  return {
    CreateStream: (input: unknown) => {
      const request = parseInput(requests.createStreamRequest, input);
      streams.create(
        request.StreamName,
        request.StreamModeDetails.StreamMode,
        request.ShardCount ?? ON_DEMAND_SHARDS,
        request.MaxRecordSizeInKiB * 1024,
      );
      return {};
    },
    DeleteStream: (input: unknown) => {
      streams.delete(named(streams, parseInput(requests.deleteStreamRequest, input)).name);
      return {};
    },
    SplitShard: (input: unknown) => {
      const request = parseInput(requests.splitShardRequest, input);
      streams.split(named(streams, request), request.ShardToSplit, request.NewStartingHashKey);
      return {};
    },
    MergeShards: (input: unknown) => {
      const request = parseInput(requests.mergeShardsRequest, input);
      streams.merge(named(streams, request), request.ShardToMerge, request.AdjacentShardToMerge);
      return {};
    },
    DescribeStream: (input: unknown) => {
      const request = parseInput(requests.describeStreamRequest, input);
      const stream = named(streams, request);
      const { shards, next } = shardPage(stream, request.ExclusiveStartShardId, request.Limit);
      return {
        StreamDescription: {
          ...describe(stream),
          Shards: shards.map(describeShard),
          HasMoreShards: next !== undefined,
        },
      };
    },
    DescribeStreamSummary: (input: unknown) => {
      const stream = named(streams, parseInput(requests.streamRequest, input));
      const OpenShardCount = stream.shards.filter(({ isClosed }) => !isClosed).length;
      return { StreamDescriptionSummary: { ...describe(stream), OpenShardCount } };
    },
    ListStreams: (input: unknown) => listStreams(streams, input),
    ListShards: (input: unknown) => listShards(streams, input),
  };
}

function dataOperations(streams: Streams, now: () => number) {
  return {
    PutRecord: (input: unknown) => {
      const request = parseInput(requests.putRecordRequest, input);
      const stream = named(streams, request);
      const [entry] = entriesOf(stream, [request]);
      return entry === undefined ? {} : put(streams, stream, entry);
    },
    PutRecords: (input: unknown, fault?: FaultAction) =>
      putRecords(streams, input, fault?.kind === 'partial' ? fault.share : 0),
    GetShardIterator: (input: unknown) => {
      const request = parseInput(requests.shardIteratorRequest, input);
      const { name } = named(streams, request);
      const after = streams
        .shard(name, request.ShardId)
        .position(requests.startingPosition(request));
      const iterator = { stream: name, shardId: request.ShardId, after, issuedAtMs: now() };
      return { ShardIterator: requests.encodeIterator(iterator) };
    },
    GetRecords: (input: unknown) =>
      getRecords(streams, parseInput(requests.getRecordsRequest, input), now()),
  };
}

function named(
  streams: Streams,
  { StreamName, StreamARN }: { StreamName?: string | undefined; StreamARN?: string | undefined },
): Stream {
  return streams.get(StreamName ?? StreamARN?.split('/').at(-1) ?? '');
}

function put(streams: Streams, stream: Stream, entry: Entry) {
  const { sequenceNumber: SequenceNumber } = streams.append(stream, entry);
  return { SequenceNumber, ShardId: entry.shard.id, EncryptionType: 'KMS' };
}

function putRecords(streams: Streams, input: unknown, failedShare: number) {
  const request = parseInput(requests.putRecordsRequest, input);
  const stream = named(streams, request);
  let failed = 0;
  const results = entriesOf(stream, request.Records).map((entry, index) => {
    try {
      // Spread over the request, as shards are.
      if (Math.ceil((index + 1) * failedShare) > Math.ceil(index * failedShare)) {
        throw new ServiceError(THROTTLED, `Rate exceeded for ${entry.shard.id} in ${stream.name}`);
      }
      return put(streams, stream, entry);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failed += 1;
      return { ErrorCode: error.name, ErrorMessage: error.message };
    }
  });
  return { FailedRecordCount: failed, Records: results, EncryptionType: 'KMS' };
}

function getRecords(
  streams: Streams,
  request: z.infer<typeof requests.getRecordsRequest>,
  nowMs: number,
) {
  const iterator = requests.decodeIterator(request.ShardIterator);
  if (nowMs - iterator.issuedAtMs > ITERATOR_LIFE_MS) {
    throw new ServiceError('ExpiredIteratorException', 'The iterator is older than five minutes');
  }
  const shard = streams.shard(iterator.stream, iterator.shardId);
  const records = shard.read(iterator.after, { recordCount: request.Limit, bytes: READ_BYTES_MAX });
  const after = records.at(-1)?.sequenceNumber ?? iterator.after;
  const behind = shard.read(after, { recordCount: 1, bytes: 1 })[0];
  const isAtEnd = shard.isClosed && behind === undefined;
  return {
    Records: records.map((record) => ({
      SequenceNumber: record.sequenceNumber,
      PartitionKey: record.partitionKey,
      Data: record.data.toString('base64'),
      ApproximateArrivalTimestamp: record.arrivedAtMs / 1000,
      EncryptionType: 'KMS',
    })),
    ...(isAtEnd
      ? { ChildShards: childrenOf(streams.get(iterator.stream), shard) }
      : { NextShardIterator: requests.encodeIterator({ ...iterator, after, issuedAtMs: nowMs }) }),
    MillisBehindLatest: behind === undefined ? 0 : Math.max(1, nowMs - behind.arrivedAtMs),
  };
}

function listStreams(streams: Streams, input: unknown) {
  const request = parseInput(requests.listStreamsRequest, input);
  const after = request.NextToken ?? request.ExclusiveStartStreamName ?? '';
  const names = streams.names().filter((name) => name > after);
  const page = names.slice(0, request.Limit);
  const hasMore = names.length > page.length;
  return {
    StreamNames: page,
    HasMoreStreams: hasMore,
    ...(hasMore ? { NextToken: page.at(-1) } : {}),
  };
}

function listShards(streams: Streams, input: unknown) {
  const request = parseInput(requests.listShardsRequest, input);
  const token =
    request.NextToken === undefined ? undefined : requests.decodeShardsToken(request.NextToken);
  const stream = token === undefined ? named(streams, request) : streams.get(token.stream);
  const start = token?.after ?? request.ExclusiveStartShardId ?? '';
  const { shards, next } = shardPage(stream, start, request.MaxResults);
  return {
    Shards: shards.map(describeShard),
    ...(next === undefined
      ? {}
      : { NextToken: requests.encodeShardsToken({ stream: stream.name, after: next }) }),
  };
}

/** Shards after one, and the last of them when there are more. */
function shardPage(stream: Stream, after: string, limit: number) {
  const rest = stream.shards.filter(({ id }) => id > after);
  const shards = rest.slice(0, limit);
  return { shards, next: rest.length > shards.length ? shards.at(-1)?.id : undefined };
}

function describe(stream: Stream) {
  return {
    StreamName: stream.name,
    StreamARN: `arn:aws:kinesis:local:000000000000:stream/${stream.name}`,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.mode },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: stream.createdAtMs / 1000,
    EnhancedMonitoring: [],
    MaxRecordSizeInKiB: stream.recordBytesMax / 1024,
  };
}

function describeShard({ id, place, lastSequence }: Shard) {
  const [parentId, adjacentId] = place.parentIds;
  return {
    ShardId: id,
    ...(parentId === undefined ? {} : { ParentShardId: parentId }),
    ...(adjacentId === undefined ? {} : { AdjacentParentShardId: adjacentId }),
    HashKeyRange: hashKeyRange(place),
    SequenceNumberRange: {
      StartingSequenceNumber: place.firstSequence,
      ...(lastSequence === undefined ? {} : { EndingSequenceNumber: lastSequence }),
    },
  };
}

/** What a reader goes on with at a closed shard's end. */
function childrenOf({ shards }: Stream, { id: parentId }: Shard) {
  return shards
    .filter(({ place }) => place.parentIds.includes(parentId))
    .map(({ id, place }) => ({
      ShardId: id,
      ParentShards: place.parentIds,
      HashKeyRange: hashKeyRange(place),
    }));
}

function hashKeyRange({ firstHash, lastHash }: ShardPlace) {
  return { StartingHashKey: firstHash.toString(), EndingHashKey: lastHash.toString() };
}
