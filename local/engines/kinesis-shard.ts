/** One record in a shard's log. */
export interface StoredRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivedAtMs: number;
}

/** Records read by everybody stay until there are this many, so that a client can still look at them. */
const TRIM_RECORDS_MIN = 1_000;
const HASH_KEYS = 2n ** 128n;
/** Real sequence numbers have 56 digits; the leading digits keep ours as long and so comparable as text. */
const SEQUENCE_BASE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** Numbers of one stream rise with `counter`; the last digits tell the shard. */
export function sequenceNumber(counter: bigint, shardIndex: number): string {
  return (SEQUENCE_BASE + counter * 1000n + BigInt(shardIndex)).toString();
}

/** A shard: an append-only log that forgets what every consumer has read. */
export class Shard {
  readonly id: string;
  readonly index: number;
  readonly firstHash: bigint;
  readonly lastHash: bigint;
  bytes = 0;
  #records: StoredRecord[] = [];
  readonly #checkpoints = new Map<string, string>();
  readonly #waiting = new Set<() => void>();

  constructor(index: number, shardCount: number) {
    this.index = index;
    this.id = shardIdOf(index);
    this.firstHash = (HASH_KEYS * BigInt(index)) / BigInt(shardCount);
    this.lastHash = (HASH_KEYS * BigInt(index + 1)) / BigInt(shardCount) - 1n;
  }

  holds(hash: bigint): boolean {
    return hash >= this.firstHash && hash <= this.lastHash;
  }

  append(record: StoredRecord): void {
    this.#records.push(record);
    this.bytes += record.data.length;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
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

  waitForRecords(after: string | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#firstAfter(after) < this.#records.length) return Promise.resolve();
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

  /** The sequence number after which an iterator of this type starts; empty is the start of the log. */
  position(
    type: string,
    at: { sequence: string | undefined; timestampMs: number | undefined },
  ): string {
    switch (type) {
      case 'LATEST':
        return this.#records.at(-1)?.sequenceNumber ?? '';
      case 'AFTER_SEQUENCE_NUMBER':
        return at.sequence ?? '';
      case 'AT_SEQUENCE_NUMBER':
        return at.sequence === undefined ? '' : (BigInt(at.sequence) - 1n).toString();
      case 'AT_TIMESTAMP':
        return (
          this.#records.findLast(({ arrivedAtMs }) => arrivedAtMs < (at.timestampMs ?? 0))
            ?.sequenceNumber ?? ''
        );
      default:
        return '';
    }
  }

  /** Notes how far a consumer has read, and forgets what all of `consumers` have passed. */
  checkpoint(consumer: string, sequence: string, consumers: ReadonlySet<string>): void {
    this.#checkpoints.set(consumer, sequence);
    const positions = [...consumers].map((name) => this.#checkpoints.get(name) ?? '');
    const passedCount = this.#firstAfter(positions.toSorted()[0]);
    // One splice for many records: the log is an array, and each splice moves the rest of it.
    if (passedCount < TRIM_RECORDS_MIN) return;
    for (const record of this.#records.splice(0, passedCount)) this.bytes -= record.data.length;
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
