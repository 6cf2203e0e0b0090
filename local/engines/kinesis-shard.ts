/** One record in a shard's log. */
export interface StoredRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivedAtMs: number;
}

/** Where an iterator starts. */
export type StartingPosition =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequence: string }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestampMs: number };

/** Where in its stream a shard lies, and what it came from. */
export interface ShardPlace {
  readonly index: number;
  readonly firstHash: bigint;
  readonly lastHash: bigint;
  /** The shards that it was split from or merged of: none, one or two. */
  readonly parentIds: readonly string[];
  /** All of its records have higher numbers, and all of its parents' have lower ones. */
  readonly firstSequence: string;
}

/** What a record takes in memory besides its data and key: its sequence number and the objects. */
const RECORD_OVERHEAD_BYTES = 256;
/** Trimming moves the rest of the log, so it waits until this part of what is retained can go. */
const TRIM_SHARE_MIN = 1 / 4;
/** Real sequence numbers have 56 digits; the leading digits keep ours as long and so comparable as text. */
const SEQUENCE_BASE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** Numbers of one stream rise with `counter`; the last digits tell the shard. */
export function sequenceNumber(counter: bigint, shardIndex: number): string {
  return (SEQUENCE_BASE + counter * 1000n + BigInt(shardIndex)).toString();
}

/** What a record counts in a log's memory. */
export function heldBytes({ data, partitionKey }: { data: Buffer; partitionKey: string }): number {
  return data.length + partitionKey.length + RECORD_OVERHEAD_BYTES;
}

/**
 * A shard: an append-only log that resharding closes. It forgets only what every registered consumer has passed, and of that
 * keeps the newest up to `retainedBytes` for those who look at the stream from outside.
 */
export class Shard {
  readonly id: string;
  readonly place: ShardPlace;
  readonly retainedBytes: number;
  /** Memory of the records held. */
  bytes = 0;
  #lastSequence: string | undefined;
  #records: StoredRecord[] = [];
  readonly #checkpoints = new Map<string, string>();
  readonly #waiting = new Set<() => void>();

  constructor(place: ShardPlace, retainedBytes: number) {
    this.place = place;
    this.retainedBytes = retainedBytes;
    this.id = shardIdOf(place.index);
  }

  /** Where a closed shard ends; undefined while it takes records. */
  get lastSequence(): string | undefined {
    return this.#lastSequence;
  }

  get isClosed(): boolean {
    return this.#lastSequence !== undefined;
  }

  takes(hash: bigint): boolean {
    return !this.isClosed && hash >= this.place.firstHash && hash <= this.place.lastHash;
  }

  /** Ends the log; what it holds is still read. */
  close(lastSequence: string): void {
    this.#lastSequence = lastSequence;
    this.#wakeAll();
  }

  append(record: StoredRecord): void {
    this.#records.push(record);
    this.bytes += heldBytes(record);
    this.#wakeAll();
  }

  /** Records after `after`, at least one if there is any, within the limits. */
  read(after: string | undefined, limit: { recordCount: number; bytes: number }): StoredRecord[] {
    const found: StoredRecord[] = [];
    let bytes = 0;
    for (let index = this.#firstAfter(after); index < this.#records.length; index += 1) {
      const record = this.#records[index];
      if (record === undefined || found.length >= limit.recordCount) break;
      bytes += record.data.length;
      if (found.length > 0 && bytes > limit.bytes) break;
      found.push(record);
    }
    return found;
  }

  /** Ends when there is a record after the one named, or never will be, or the signal aborts. */
  waitForRecords(after: string | undefined, signal: AbortSignal): Promise<void> {
    const isThere = this.isClosed || this.#firstAfter(after) < this.#records.length;
    if (signal.aborted || isThere) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }

  /** The sequence number after which an iterator starts; empty is the start of the log. */
  position(start: StartingPosition): string {
    switch (start.type) {
      case 'TRIM_HORIZON':
        return '';
      case 'LATEST':
        return this.#records.at(-1)?.sequenceNumber ?? '';
      case 'AFTER_SEQUENCE_NUMBER':
        return start.sequence;
      case 'AT_SEQUENCE_NUMBER':
        return (BigInt(start.sequence) - 1n).toString();
      case 'AT_TIMESTAMP':
        return (
          this.#records.findLast(({ arrivedAtMs }) => arrivedAtMs < start.timestampMs)
            ?.sequenceNumber ?? ''
        );
    }
  }

  /** Notes how far a consumer has read, and forgets what all of `consumers` have passed. */
  checkpoint(consumer: string, sequence: string, consumers: ReadonlySet<string>): void {
    this.#checkpoints.set(consumer, sequence);
    if (this.bytes <= this.retainedBytes) return;
    const positions = [...consumers].map((name) => this.#checkpoints.get(name) ?? '');
    this.#forget(this.#firstAfter(positions.toSorted()[0]));
  }

  /** Forgets the oldest of the first `passedCount` records, as far as the retained bytes ask for it. */
  #forget(passedCount: number): void {
    let count = 0;
    let bytes = 0;
    while (count < passedCount && this.bytes - bytes > this.retainedBytes) {
      const record = this.#records[count];
      if (record !== undefined) bytes += heldBytes(record);
      count += 1;
    }
    if (bytes < this.retainedBytes * TRIM_SHARE_MIN) return;
    this.#records.splice(0, count);
    this.bytes -= bytes;
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #firstAfter(after: string | undefined): number {
    if (after === undefined || after === '') return 0;
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      // Equal length makes text order the order of numbers.
      if (record !== undefined && record.sequenceNumber <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
