import { createHash } from 'node:crypto';
import { ServiceError } from './json-service.ts';
import { invalidArgument } from './kinesis-requests.ts';
import { heldBytes, Shard, type StoredRecord, sequenceNumber } from './kinesis-shard.ts';

/** Why a record was not taken: the shard is to be tried again later. */
export const THROTTLED = 'ProvisionedThroughputExceededException';

export interface Stream {
  readonly name: string;
  readonly mode: StreamMode;
  readonly recordBytesMax: number;
  readonly createdAtMs: number;
  /** By age: what resharding closed stays before what it opened. */
  readonly shards: Shard[];
  /** Whoever reads the stream without the wire; memory is kept for the slowest of them. */
  readonly consumers: Set<string>;
}

export type StreamMode = 'ON_DEMAND' | 'PROVISIONED';

export interface StreamLimits {
  /** Memory of unread records per stream, at which writes are throttled. */
  readonly unreadBytesMax: number;
  /** Memory of records that all consumers have read, per stream. */
  readonly retainedBytes: number;
}

/** A record that fits its stream and knows its shard. */
export interface Entry {
  readonly shard: Shard;
  readonly data: Buffer;
  readonly partitionKey: string;
}

/** A partition key's MD5 is one of these. */
const HASH_KEYS = 2n ** 128n;
/** Room for records between two milliseconds in the numbers that follow the clock. */
const NUMBERS_PER_MS = 1_000_000n;
const PUT_BYTES_MAX = 10 * 1024 * 1024;

/** The streams and their numbering. */
export class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #now: () => number;
  readonly #limits: StreamLimits;
  #counter: bigint;

  constructor(now: () => number, limits: StreamLimits) {
    this.#now = now;
    this.#limits = limits;
    // From the clock, so that numbers rise over restarts too: profiles that are kept remember them.
    this.#counter = BigInt(Math.floor(now())) * NUMBERS_PER_MS;
  }

  names(): string[] {
    return [...this.#streams.keys()].toSorted();
  }

  create(name: string, mode: StreamMode, shardCount: number, recordBytesMax: number): void {
    if (this.#streams.has(name)) {
      throw new ServiceError('ResourceInUseException', `Stream ${name} already exists`);
    }
    const retainedBytes = this.#limits.retainedBytes / shardCount;
    this.#streams.set(name, {
      name,
      mode,
      recordBytesMax,
      createdAtMs: this.#now(),
      shards: Array.from(
        { length: shardCount },
        (_, index) =>
          new Shard(
            {
              index,
              firstHash: (HASH_KEYS * BigInt(index)) / BigInt(shardCount),
              lastHash: (HASH_KEYS * BigInt(index + 1)) / BigInt(shardCount) - 1n,
              parentIds: [],
              firstSequence: sequenceNumber(0n, index),
            },
            retainedBytes,
          ),
      ),
      consumers: new Set(),
    });
  }

  delete(name: string): void {
    this.#streams.delete(name);
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

  /**
   * Two shards in place of one, the second from the hash key on. The bounds of the key are Kinesis' own.
   * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html
   */
  split(stream: Stream, shardId: string, firstHashOfSecond: bigint): void {
    const parent = this.#forResharding(stream, shardId);
    const { firstHash, lastHash } = parent.place;
    if (firstHashOfSecond <= firstHash + 1n || firstHashOfSecond >= lastHash) {
      throw invalidArgument(
        `NewStartingHashKey must lie between ${firstHash + 2n} and ${lastHash - 1n} in ${shardId}`,
      );
    }
    this.#close(parent);
    this.#open(stream, [parent], firstHash, firstHashOfSecond - 1n);
    this.#open(stream, [parent], firstHashOfSecond, lastHash);
  }

  /**
   * One shard in place of two neighbours, the one with the lower hash keys named first.
   * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html
   */
  merge(stream: Stream, shardId: string, adjacentId: string): void {
    const lower = this.#forResharding(stream, shardId);
    const upper = this.#forResharding(stream, adjacentId);
    if (lower.place.lastHash + 1n !== upper.place.firstHash) {
      throw invalidArgument(`The hash keys of ${adjacentId} do not follow those of ${shardId}`);
    }
    this.#close(lower);
    this.#close(upper);
    this.#open(stream, [lower, upper], lower.place.firstHash, upper.place.lastHash);
  }

  #forResharding(stream: Stream, shardId: string): Shard {
    if (stream.mode === 'ON_DEMAND') {
      throw new ServiceError(
        'ValidationException',
        `${stream.name} is on demand: it scales itself`,
      );
    }
    const shard = this.shard(stream.name, shardId);
    if (shard.isClosed) throw invalidArgument(`${shardId} has already been split or merged`);
    return shard;
  }

  #close(shard: Shard): void {
    this.#counter += 1n;
    shard.close(sequenceNumber(this.#counter, shard.place.index));
  }

  #open(stream: Stream, parents: readonly Shard[], firstHash: bigint, lastHash: bigint): void {
    this.#counter += 1n;
    const index = stream.shards.length;
    const place = {
      index,
      firstHash,
      lastHash,
      parentIds: parents.map(({ id }) => id),
      firstSequence: sequenceNumber(this.#counter, index),
    };
    stream.shards.push(new Shard(place, parents[0]?.retainedBytes ?? 0));
  }

  /** Appends the entry, unless what consumers have not read yet fills the memory: nothing is dropped. */
  append(stream: Stream, { shard, data, partitionKey }: Entry): StoredRecord {
    const held = stream.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const retained = stream.shards.reduce((sum, { retainedBytes }) => sum + retainedBytes, 0);
    const { unreadBytesMax } = this.#limits;
    if (held + heldBytes({ data, partitionKey }) > unreadBytesMax + retained) {
      throw new ServiceError(
        THROTTLED,
        `The stream holds ${unreadBytesMax} bytes that a consumer has not read yet`,
      );
    }
    this.#counter += 1n;
    const record: StoredRecord = {
      sequenceNumber: sequenceNumber(this.#counter, shard.place.index),
      partitionKey,
      data,
      arrivedAtMs: this.#now(),
    };
    shard.append(record);
    return record;
  }
}

/** Decodes a request's entries and finds their shards; one entry too large refuses them all. */
export function entriesOf(
  stream: Stream,
  records: readonly { Data: string; PartitionKey: string; ExplicitHashKey?: string | undefined }[],
): Entry[] {
  let bytes = 0;
  return records.map(({ Data, PartitionKey, ExplicitHashKey }) => {
    const data = Buffer.from(Data, 'base64');
    const entryBytes = data.length + Buffer.byteLength(PartitionKey);
    bytes += entryBytes;
    if (entryBytes > stream.recordBytesMax) {
      throw invalidArgument(`A record of ${stream.name} is at most ${stream.recordBytesMax} bytes`);
    }
    if (bytes > PUT_BYTES_MAX) {
      throw invalidArgument(`Records are at most ${PUT_BYTES_MAX} bytes together`);
    }
    const hash = ExplicitHashKey === undefined ? hashKey(PartitionKey) : BigInt(ExplicitHashKey);
    const shard = stream.shards.find((candidate) => candidate.takes(hash));
    if (shard === undefined) throw invalidArgument(`No shard holds the hash key ${hash}`);
    return { shard, data, partitionKey: PartitionKey };
  });
}

/** A partition key belongs to the shard whose range holds its MD5. */
function hashKey(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
}
