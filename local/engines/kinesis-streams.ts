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
  readonly shards: readonly Shard[];
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
        (_, index) => new Shard(index, shardCount, retainedBytes),
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

  /** Appends the entry, unless what consumers have not read yet fills the memory: nothing is dropped. */
  append(stream: Stream, { shard, data, partitionKey }: Entry): StoredRecord {
    const held = stream.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const { unreadBytesMax, retainedBytes } = this.#limits;
    if (held + heldBytes({ data, partitionKey }) > unreadBytesMax + retainedBytes) {
      throw new ServiceError(
        THROTTLED,
        `The stream holds ${unreadBytesMax} bytes that a consumer has not read yet`,
      );
    }
    this.#counter += 1n;
    const record: StoredRecord = {
      sequenceNumber: sequenceNumber(this.#counter, shard.index),
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
    const shard = stream.shards.find((candidate) => candidate.holds(hash));
    if (shard === undefined) throw invalidArgument(`No shard holds the hash key ${hash}`);
    return { shard, data, partitionKey: PartitionKey };
  });
}

/** A partition key belongs to the shard whose range holds its MD5. */
function hashKey(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
}
