import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { KinesisEngine } from './kinesis.ts';

/**
 * A Firehose delivery stream from Kinesis to S3: buffers what arrives and writes one object per
 * interval or size. Source: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
 */
export interface FirehoseOptions {
  readonly name: string;
  readonly kinesis: KinesisEngine;
  readonly stream: string;
  /** May hold `!{timestamp:yyyy-MM-dd}` and the other parts of an arrival time; nothing else. */
  readonly prefix: string;
  readonly intervalMs: number;
  readonly sizeBytes: number;
  readonly isGzip: boolean;
  readonly put: (key: string, body: Buffer, headers: Record<string, string>) => Promise<void>;
  readonly onDelivered: (recordCount: number, byteCount: number) => void;
  readonly onError: (message: string) => void;
}

export interface Firehose {
  /** Writes what is buffered now. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const CONSUMER = 'firehose';
const READ_RECORDS = 10_000;
const READ_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 500;

const compress = promisify(gzip);

export function startFirehose(options: FirehoseOptions): Firehose {
  refuseUnknownPrefix(options.prefix);
  const delivery = new Delivery(options);
  return {
    flush: () => delivery.flush(),
    stop: () => delivery.stop(),
  };
}

class Delivery {
  readonly #options: FirehoseOptions;
  readonly #abort = new AbortController();
  readonly #readers: Promise<void>[];
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #firstAtMs = 0;
  /** Sequence numbers that the buffer reaches, per shard. */
  readonly #positions = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: FirehoseOptions) {
    this.#options = options;
    options.kinesis.registerConsumer(options.stream, CONSUMER);
    this.#readers = options.kinesis.shardIds(options.stream).map((shardId) => this.#read(shardId));
  }

  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#readers);
    await this.flush();
    clearTimeout(this.#timer);
  }

  async #read(shardId: string): Promise<void> {
    const { kinesis, stream, sizeBytes, intervalMs } = this.#options;
    let after: string | undefined;
    for (;;) {
      await kinesis.waitForRecords(stream, shardId, after, this.#abort.signal);
      const records = kinesis.read(stream, shardId, after, {
        recordCount: READ_RECORDS,
        bytes: READ_BYTES,
      });
      if (records.length === 0 && this.#abort.signal.aborted) return;
      for (const record of records) {
        if (this.#buffered.length === 0) {
          this.#firstAtMs = record.arrivedAtMs;
          this.#timer = setTimeout(() => void this.flush(), intervalMs);
        }
        this.#buffered.push(record.data);
        this.#bufferedBytes += record.data.length;
        after = record.sequenceNumber;
        this.#positions.set(shardId, after);
      }
      if (this.#bufferedBytes >= sizeBytes) await this.flush();
    }
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#buffered.length === 0) return;
    const { prefix, name, isGzip, kinesis, stream, onDelivered, onError } = this.#options;
    const [records, bytes, positions] = [
      this.#buffered,
      this.#bufferedBytes,
      new Map(this.#positions),
    ];
    const at = new Date(this.#firstAtMs);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    const raw = Buffer.concat(records);
    const body = isGzip ? await compress(raw) : raw;
    const stamp = at.toISOString().slice(0, 19).replaceAll(/[T:]/gu, '-');
    const key = `${timestamped(prefix, at)}${name}-1-${stamp}-${randomUUID()}${isGzip ? '.gz' : ''}`;
    for (;;) {
      try {
        await this.#options.put(key, body, {});
        break;
      } catch (error) {
        onError(
          `Firehose cannot write to S3: ${error instanceof Error ? error.message : String(error)}`,
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (this.#abort.signal.aborted) return;
      }
    }
    for (const [shardId, sequence] of positions)
      kinesis.checkpoint(stream, shardId, CONSUMER, sequence);
    onDelivered(records.length, bytes);
  }
}

function refuseUnknownPrefix(prefix: string): void {
  const unknown = [...prefix.matchAll(/!\{([^}]*)\}/gu)].find(
    ([, name]) => name?.startsWith('timestamp:') !== true,
  );
  if (unknown !== undefined)
    throw new Error(`The local Firehose does not understand ${unknown[0]} in a prefix`);
}

function timestamped(prefix: string, at: Date): string {
  const iso = at.toISOString();
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
  };
  return prefix.replaceAll(/!\{timestamp:([^}]*)\}/gu, (_, pattern: string) =>
    pattern.replaceAll(/yyyy|MM|dd|HH|mm/gu, (part) => parts[part] ?? part),
  );
}
