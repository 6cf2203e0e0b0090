import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  type FirehosePartitions,
  partitioned,
  refuseUnknownExpressions,
} from './firehose-partitions.ts';
import type { KinesisEngine } from './kinesis.ts';

/**
 * A Firehose delivery stream from Kinesis to S3: buffers what arrives and writes one object per
 * interval or size. Source: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
 */
export interface FirehoseOptions {
  readonly name: string;
  readonly kinesis: KinesisEngine;
  readonly stream: string;
  readonly partitions: FirehosePartitions;
  readonly intervalMs: number;
  readonly sizeBytes: number;
  readonly isGzip: boolean;
  readonly put: (key: string, body: Buffer, headers: Record<string, string>) => Promise<void>;
  readonly onDelivered: (recordCount: number, byteCount: number) => void;
  readonly onError: (message: string) => void;
}

export interface Firehose {
  /** Records delivered so far. */
  readonly deliveredCount: number;
  /** Writes everything that the stream holds now. */
  flush(): Promise<void>;
  /** Writes what is left; what S3 does not take then is reported, with how many records it is. */
  stop(): Promise<void>;
}

const CONSUMER = 'firehose';
const READ_RECORDS = 10_000;
const READ_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 500;
/** Attempts of a write after `stop`: whoever stops is waiting. */
const STOPPING_ATTEMPTS_MAX = 3;

const compress = promisify(gzip);

export function startFirehose(options: FirehoseOptions): Firehose {
  refuseUnknownExpressions(options.partitions);
  return new Delivery(options);
}

/** Records on their way to the objects of one interval. */
interface Buffered {
  readonly records: Buffer[];
  bytes: number;
  readonly firstAtMs: number;
  /** The last sequence number of each shard in it. */
  readonly positions: Map<string, string>;
}

class Delivery implements Firehose {
  readonly #options: FirehoseOptions;
  readonly #abort = new AbortController();
  /** By shard; those that resharding opens join in when it has closed their parents. */
  readonly #readers = new Map<string, Promise<void>>();
  /** How far each shard is read, whether delivered or still buffered. */
  readonly #read = new Map<string, string>();
  #buffered: Buffered | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #deliveredCount = 0;

  constructor(options: FirehoseOptions) {
    this.#options = options;
    options.kinesis.registerConsumer(options.stream, CONSUMER);
    this.#followNew();
  }

  get deliveredCount(): number {
    return this.#deliveredCount;
  }

  async flush(): Promise<void> {
    for (const shardId of this.#shardIds()) {
      while (this.#take(shardId)) if (this.#isFull()) await this.#write();
    }
    await this.#write();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#readers.values());
    await this.flush();
  }

  #shardIds(): string[] {
    return this.#options.kinesis.shardIds(this.#options.stream);
  }

  #followNew(): void {
    for (const shardId of this.#shardIds()) {
      if (this.#readers.has(shardId)) continue;
      this.#readers.set(shardId, this.#follow(shardId).catch(this.#report));
    }
  }

  async #follow(shardId: string): Promise<void> {
    const { kinesis, stream } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await kinesis.waitForRecords(stream, shardId, this.#read.get(shardId), signal);
      if (signal.aborted) return;
      const isTaken = this.#take(shardId);
      if (!isTaken && kinesis.shard(stream, shardId).isClosed) return this.#followNew();
      // Nothing more is read while S3 is behind: the stream keeps it.
      if (this.#isFull()) await this.#write();
    }
  }

  /** Moves a shard's next records into the buffer, at once, so that no record is taken twice. */
  #take(shardId: string): boolean {
    const { kinesis, stream, intervalMs } = this.#options;
    const limit = { recordCount: READ_RECORDS, bytes: READ_BYTES };
    const records = kinesis.read(stream, shardId, this.#read.get(shardId), limit);
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return false;
    if (this.#buffered === undefined) {
      const firstAtMs = first.arrivedAtMs;
      this.#buffered = { records: [], bytes: 0, firstAtMs, positions: new Map() };
      this.#timer = setTimeout(() => void this.#write(), intervalMs);
    }
    for (const { data } of records) {
      this.#buffered.records.push(data);
      this.#buffered.bytes += data.length;
    }
    this.#buffered.positions.set(shardId, last.sequenceNumber);
    this.#read.set(shardId, last.sequenceNumber);
    return true;
  }

  #isFull(): boolean {
    return (this.#buffered?.bytes ?? 0) >= this.#options.sizeBytes;
  }

  /** Writes what is buffered now, after what was before. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    const buffered = this.#buffered;
    this.#buffered = undefined;
    if (buffered !== undefined) {
      this.#writing = this.#writing.then(() => this.#deliver(buffered)).catch(this.#report);
    }
    return this.#writing;
  }

  async #deliver({ records, bytes, firstAtMs, positions }: Buffered): Promise<void> {
    const { partitions, name, kinesis, stream, onDelivered, onError } = this.#options;
    const at = new Date(firstAtMs);
    const stamp = at.toISOString().slice(0, 19).replaceAll(/[T:]/gu, '-');
    for (const partition of partitioned(records, partitions, at)) {
      const key = `${partition.prefix}${name}-1-${stamp}-${randomUUID()}`;
      if (!(await this.#putRecords(key, partition.records))) {
        onError(`Firehose was stopped before S3 took ${records.length} records.`);
        return;
      }
    }
    for (const [shardId, sequence] of positions) {
      kinesis.checkpoint(stream, shardId, CONSUMER, sequence);
    }
    this.#deliveredCount += records.length;
    onDelivered(records.length, bytes);
  }

  readonly #report = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onError(`Firehose cannot deliver to S3: ${reason}`);
  };

  async #putRecords(key: string, records: readonly Buffer[]): Promise<boolean> {
    const raw = Buffer.concat(records);
    return this.#options.isGzip ? this.#put(`${key}.gz`, await compress(raw)) : this.#put(key, raw);
  }

  /** Puts the object, again and again until it is there or the delivery has been stopped. */
  async #put(key: string, body: Buffer): Promise<boolean> {
    let stoppingAttempts = 0;
    for (;;) {
      try {
        await this.#options.put(key, body, {});
        return true;
      } catch (error) {
        this.#report(error);
      }
      if (this.#abort.signal.aborted) stoppingAttempts += 1;
      if (stoppingAttempts >= STOPPING_ATTEMPTS_MAX) return false;
      await pause(RETRY_MS);
    }
  }
}
