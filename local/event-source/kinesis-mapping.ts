import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { KinesisEngine } from '../engines/kinesis.ts';
import type { StoredRecord } from '../engines/kinesis-shard.ts';
import { type LambdaFunction, PAYLOAD_BYTES_MAX } from '../lambda/lambda-function.ts';

/**
 * A Kinesis event source mapping: reads each shard in order, invokes the function with batches, and
 * goes on as its answer says. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 * and .../kinesis-on-failure-destination.html
 */
export interface KinesisMappingOptions {
  readonly uuid: string;
  readonly stream: string;
  readonly streamArn: string;
  readonly region: string;
  readonly target: LambdaFunction;
  readonly kinesis: KinesisEngine;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly parallelizationFactor: number;
  readonly bisectsOnError: boolean;
  readonly reportsItemFailures: boolean;
  /** −1: for ever, as in AWS. */
  readonly retryAttemptsMax: number;
  readonly recordAgeMsMax: number;
  readonly startsAtLatest: boolean;
  /** Keeps a batch that was given up, whole. */
  readonly onFailure: ((key: string, document: string) => Promise<void>) | undefined;
  readonly onMetric: (name: string, value: number) => void;
  readonly onBatch: (batch: { shardId: string; recordCount: number; outcome: string }) => void;
}

export interface EventSourceMapping {
  stop(): Promise<void>;
}

const RETRY_BASE_MS = 100;
const RETRY_MS_MAX = 5_000;
/** Room for the envelope around each record's base64 in the event. */
const RECORD_OVERHEAD_BYTES = 700;

const itemFailures = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() })
  .nullish();

export function startKinesisMapping(options: KinesisMappingOptions): EventSourceMapping {
  const abort = new AbortController();
  const shards = options.kinesis
    .shardIds(options.stream)
    .map((shardId) => new ShardConsumer(options, shardId, abort.signal).run());
  return {
    stop: async () => {
      abort.abort();
      await Promise.all(shards);
    },
  };
}

class ShardConsumer {
  readonly #options: KinesisMappingOptions;
  readonly #shardId: string;
  readonly #signal: AbortSignal;

  constructor(options: KinesisMappingOptions, shardId: string, signal: AbortSignal) {
    this.#options = options;
    this.#shardId = shardId;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { kinesis, stream, uuid } = this.#options;
    let after: string | undefined;
    while (!this.#signal.aborted) {
      await kinesis.waitForRecords(stream, this.#shardId, after, this.#signal);
      if (this.#signal.aborted) return;
      const batch = await this.#readBatch(after);
      await Promise.all(this.#lanes(batch).map((lane) => this.#process(lane)));
      if (this.#signal.aborted) return;
      after = batch.at(-1)?.sequenceNumber ?? after;
      if (after !== undefined) kinesis.checkpoint(stream, this.#shardId, uuid, after);
    }
  }

  async #readBatch(after: string | undefined): Promise<StoredRecord[]> {
    const { kinesis, stream, batchSize, parallelizationFactor, batchingWindowMs } = this.#options;
    const limit = {
      recordCount: batchSize * parallelizationFactor,
      bytes: (PAYLOAD_BYTES_MAX * parallelizationFactor * 3) / 4,
    };
    const first = kinesis.read(stream, this.#shardId, after, limit);
    if (batchingWindowMs === 0 || first.length >= limit.recordCount) return first;
    await pause(batchingWindowMs, this.#signal);
    return kinesis.read(stream, this.#shardId, after, limit);
  }

  /** Splits a batch so that one partition key stays in one lane, in order. */
  #lanes(batch: readonly StoredRecord[]): StoredRecord[][] {
    const { parallelizationFactor, batchSize } = this.#options;
    const lanes = Array.from({ length: parallelizationFactor }, (): StoredRecord[] => []);
    for (const record of batch)
      lanes[laneOf(record.partitionKey, parallelizationFactor)]?.push(record);
    return lanes
      .filter((lane) => lane.length > 0)
      .map((lane) => lane.slice(0, batchSize * parallelizationFactor));
  }

  /** Works off records until each is done or given up, in order. */
  async #process(records: readonly StoredRecord[]): Promise<void> {
    let rest = [...records];
    let size = rest.length;
    let attempts = 0;
    while (rest.length > 0 && !this.#signal.aborted) {
      rest = await this.#giveUpOld(rest);
      const batch = this.#fitting(rest.slice(0, Math.max(1, size)));
      if (batch.length === 0) return;
      const doneCount = await this.#invoke(batch);
      if (this.#signal.aborted) return;
      if (doneCount > 0) {
        rest = rest.slice(doneCount);
        size = doneCount === batch.length ? rest.length : batch.length - doneCount;
        attempts = doneCount === batch.length ? 0 : 1;
      } else {
        attempts += 1;
        const canBisect = this.#options.bisectsOnError && batch.length > 1;
        if (canBisect) size = Math.ceil(batch.length / 2);
        else size = batch.length;
        const isLast =
          this.#options.retryAttemptsMax >= 0 && attempts > this.#options.retryAttemptsMax;
        // Bisecting does not count as a retry: only a batch that cannot be split is given up.
        if (isLast && !canBisect) {
          await this.#giveUp(batch, 'RetryAttemptsExhausted', attempts);
          rest = rest.slice(batch.length);
          size = rest.length;
          attempts = 0;
          continue;
        }
        if (canBisect) attempts = Math.min(attempts, this.#options.retryAttemptsMax);
      }
      if (doneCount < batch.length) await pause(backoffMs(attempts), this.#signal);
    }
  }

  /** Invokes the function and gives how many records from the front are done. */
  async #invoke(batch: readonly StoredRecord[]): Promise<number> {
    const { target, onBatch, onMetric } = this.#options;
    const newest = batch.at(-1)?.arrivedAtMs ?? Date.now();
    onMetric('IteratorAge', Math.max(0, Date.now() - newest));
    const result = await target.invoke(
      JSON.stringify({ Records: batch.map((record) => this.#eventRecord(record)) }),
    );
    const doneCount =
      result.functionError === undefined ? this.#doneCount(batch, result.payload) : 0;
    const outcome =
      result.functionError !== undefined
        ? 'failed'
        : doneCount < batch.length
          ? `redelivers from record ${doneCount + 1}`
          : 'done';
    onBatch({ shardId: this.#shardId, recordCount: batch.length, outcome });
    return doneCount;
  }

  #doneCount(batch: readonly StoredRecord[], payload: string): number {
    if (!this.#options.reportsItemFailures) return batch.length;
    const answer = itemFailures.safeParse(JSON.parse(payload));
    // An answer of another form counts as a failed batch, as in AWS.
    if (!answer.success) return 0;
    const failed = answer.data?.batchItemFailures ?? [];
    if (failed.length === 0) return batch.length;
    const positions = failed.map(({ itemIdentifier }) =>
      batch.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
    );
    return positions.includes(-1) ? 0 : Math.min(...positions);
  }

  /** As many records as an invocation's payload takes, at least one. */
  #fitting(batch: readonly StoredRecord[]): StoredRecord[] {
    let bytes = 0;
    const count = batch.findIndex((record, index) => {
      bytes +=
        Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + RECORD_OVERHEAD_BYTES;
      return index > 0 && bytes > PAYLOAD_BYTES_MAX;
    });
    return count < 0 ? [...batch] : batch.slice(0, count);
  }

  #eventRecord(record: StoredRecord): object {
    const { streamArn, region } = this.#options;
    return {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: record.data.toString('base64'),
        approximateArrivalTimestamp: record.arrivedAtMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${this.#shardId}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
      awsRegion: region,
      eventSourceARN: streamArn,
    };
  }

  async #giveUpOld(records: StoredRecord[]): Promise<StoredRecord[]> {
    const { recordAgeMsMax } = this.#options;
    if (recordAgeMsMax < 0) return records;
    const oldest = Date.now() - recordAgeMsMax;
    const count = records.findIndex(({ arrivedAtMs }) => arrivedAtMs >= oldest);
    const old = count < 0 ? records : records.slice(0, count);
    if (old.length > 0) await this.#giveUp(old, 'RecordAgeExceeded', 0);
    return records.slice(old.length);
  }

  async #giveUp(
    batch: readonly StoredRecord[],
    condition: string,
    attempts: number,
  ): Promise<void> {
    const { onFailure, onMetric, target, streamArn, uuid } = this.#options;
    const [first, last] = [batch[0], batch.at(-1)];
    if (onFailure === undefined || first === undefined || last === undefined) return;
    const document = {
      requestContext: {
        requestId: randomUUID(),
        functionArn: target.arn,
        condition,
        approximateInvokeCount: attempts,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: new Date().toISOString(),
      KinesisBatchInfo: {
        shardId: this.#shardId,
        startSequenceNumber: first.sequenceNumber,
        endSequenceNumber: last.sequenceNumber,
        approximateArrivalOfFirstRecord: new Date(first.arrivedAtMs).toISOString(),
        approximateArrivalOfLastRecord: new Date(last.arrivedAtMs).toISOString(),
        batchSize: batch.length,
        streamArn,
      },
      payload: JSON.stringify({ Records: batch.map((record) => this.#eventRecord(record)) }),
    };
    const now = new Date().toISOString();
    const day = now.slice(0, 10).replaceAll('-', '/');
    const key = `aws/lambda/${uuid}/${this.#shardId}/${day}/${now.slice(0, 19).replaceAll(':', '.')}-${randomUUID()}`;
    await onFailure(key, JSON.stringify(document));
    onMetric('OnFailureDestinationDeliveredEventCount', batch.length);
  }
}

function laneOf(partitionKey: string, laneCount: number): number {
  let hash = 0;
  for (let index = 0; index < partitionKey.length; index += 1) {
    hash = (hash * 31 + partitionKey.charCodeAt(index)) >>> 0;
  }
  return hash % laneCount;
}

function backoffMs(attempt: number): number {
  return Math.min(RETRY_MS_MAX, RETRY_BASE_MS * 2 ** Math.max(0, attempt - 1));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
