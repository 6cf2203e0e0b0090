import { createHash } from 'node:crypto';
import { BatchProcessor } from './batch-processor.ts';
import { eventBytes } from './kinesis-event.ts';
import type { MappingDefinition, MappingDependencies } from './mapping-definition.ts';
import type { StreamRecord } from './record-source.ts';
import { Wakeup } from './wakeup.ts';

/** A synchronous invocation's payload: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES_MAX = 6_291_456;
/** Brackets and the name of the list around an event's records. */
const EVENT_FRAME_BYTES = 64;
/** Batches read ahead for each lane, so that one slow key holds up its lane alone. */
const BATCHES_AHEAD = 4;
/** Records passed over at a time by a mapping that starts at the newest. */
const SKIP_RECORDS = 10_000;

/** Records with the same partition keys, in order, handled one batch at a time. */
class Lane {
  readonly #definition: MappingDefinition;
  readonly #processor: BatchProcessor;
  readonly #signal: AbortSignal;
  readonly #onProgress: () => void;
  #queue: StreamRecord[] = [];
  #underway: readonly StreamRecord[] = [];
  #isComplete = false;
  readonly #arrival: Wakeup;

  constructor(
    definition: MappingDefinition,
    processor: BatchProcessor,
    signal: AbortSignal,
    onProgress: () => void,
  ) {
    this.#definition = definition;
    this.#processor = processor;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#arrival = new Wakeup(signal);
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#underway.length === 0;
  }

  push(records: readonly StreamRecord[]): void {
    this.#queue.push(...records);
    this.#arrival.wake();
  }

  /** No more records come. */
  complete(): void {
    this.#isComplete = true;
    this.#arrival.wake();
  }

  /** Runs until all records are handled after the last has come, or the signal aborts. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      while (this.#queue.length === 0 && this.#isOpen) await this.#arrival.wait();
      if (this.#queue.length === 0) return;
      await this.#fillWindow();
      this.#underway = this.#take();
      if (this.#underway.length > 0) await this.#processor.process(this.#underway);
      this.#underway = [];
      this.#onProgress();
    }
  }

  get #isOpen(): boolean {
    return !this.#isComplete && !this.#signal.aborted;
  }

  /** Waits until a batch is full, or its first record has waited for the window. */
  async #fillWindow(): Promise<void> {
    const { batchingWindowMs, batchSize } = this.#definition;
    const deadlineMs = performance.now() + batchingWindowMs;
    while (this.#queue.length < batchSize && this.#isOpen) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return;
      await this.#arrival.wait(leftMs);
    }
  }

  #take(): readonly StreamRecord[] {
    let bytes = EVENT_FRAME_BYTES;
    let count = 0;
    for (const record of this.#queue) {
      bytes += eventBytes(record);
      if (count === this.#definition.batchSize || (count > 0 && bytes > PAYLOAD_BYTES_MAX)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}

/** Reads one shard from its position on and hands each record to the lane of its partition key. */
export class ShardPoller {
  readonly #definition: MappingDefinition;
  readonly #dependencies: MappingDependencies;
  readonly #shardId: string;
  readonly #signal: AbortSignal;
  readonly #lanes: readonly Lane[];
  #position: string | undefined;
  readonly #progress: Wakeup;

  constructor(
    definition: MappingDefinition,
    dependencies: MappingDependencies,
    shardId: string,
    signal: AbortSignal,
  ) {
    this.#definition = definition;
    this.#dependencies = dependencies;
    this.#shardId = shardId;
    this.#signal = signal;
    this.#progress = new Wakeup(signal);
    this.#lanes = Array.from({ length: definition.parallelizationFactor }, () => {
      const processor = new BatchProcessor(definition, dependencies, shardId, signal);
      return new Lane(definition, processor, signal, () => this.#progress.wake());
    });
  }

  /** Whether every record that the shard holds has been handled or given up. */
  async isCaughtUp(): Promise<boolean> {
    if (this.#lanes.some(({ isIdle }) => !isIdle)) return false;
    const ahead = await this.#dependencies.source.read(this.#shardId, this.#position, 1);
    return ahead.length === 0;
  }

  /** Runs until a closed shard is handled to its end, or the signal aborts. */
  async run(): Promise<void> {
    if (this.#definition.startingPosition === 'LATEST') await this.#skipToLatest();
    await Promise.all([this.#poll(), ...this.#lanes.map((lane) => lane.run())]);
  }

  async #skipToLatest(): Promise<void> {
    const { source } = this.#dependencies;
    let records = await source.read(this.#shardId, undefined, SKIP_RECORDS);
    while (records.length > 0) {
      this.#position = records.at(-1)?.sequenceNumber;
      records = await source.read(this.#shardId, this.#position, SKIP_RECORDS);
    }
  }

  async #poll(): Promise<void> {
    const { source } = this.#dependencies;
    const aheadMax = this.#definition.batchSize * BATCHES_AHEAD;
    while (!this.#signal.aborted) {
      await source.waitForRecords(this.#shardId, this.#position, this.#signal);
      await this.#untilThereIsRoom(aheadMax);
      if (this.#signal.aborted) return;
      // Asked first: what is closed before the reading gets nothing more after it.
      const { isClosed } = source.shard(this.#shardId);
      const records = await source.read(this.#shardId, this.#position, aheadMax);
      this.#position = records.at(-1)?.sequenceNumber ?? this.#position;
      for (const [index, lane] of this.#lanes.entries()) {
        lane.push(records.filter(({ partitionKey }) => this.#laneOf(partitionKey) === index));
      }
      if (isClosed && records.length === 0) {
        for (const lane of this.#lanes) lane.complete();
        return;
      }
    }
  }

  #laneOf(partitionKey: string): number {
    if (this.#lanes.length === 1) return 0;
    return createHash('md5').update(partitionKey).digest().readUInt32BE(0) % this.#lanes.length;
  }

  async #untilThereIsRoom(aheadMax: number): Promise<void> {
    const isFull = () => this.#lanes.some(({ waitingCount }) => waitingCount >= aheadMax);
    while (isFull() && !this.#signal.aborted) await this.#progress.wait();
  }
}
