import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type BatchOutcome, batchOutcome } from './batch-outcome.ts';
import { type DiscardReason, failureObject } from './failure-destination.ts';
import { kinesisEvent } from './kinesis-event.ts';
import type { MappingDefinition, MappingDependencies } from './mapping-definition.ts';
import type { StreamRecord } from './record-source.ts';

/** Between attempts: doubling from the first to the last, far shorter than AWS's, but never none. */
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/** What a batch has been through. */
interface Attempts {
  readonly retryCount: number;
  readonly invokeCount: number;
  readonly requestId: string | undefined;
}

const UNTRIED: Attempts = { retryCount: 0, invokeCount: 0, requestId: undefined };

/**
 * Brings batches of one shard to their end: handled, or given up by the mapping's bounds. A batch
 * resumes at its lowest failed record; one that fails as a whole is cut in two where that is asked
 * for, which costs no retry, and the first half comes to its end before the second begins.
 */
export class BatchProcessor {
  readonly #definition: MappingDefinition;
  readonly #dependencies: MappingDependencies;
  readonly #shardId: string;
  readonly #signal: AbortSignal;

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
  }

  /** Ends when every record is handled or given up, or the signal aborts. */
  async process(records: readonly StreamRecord[], attempts: Attempts = UNTRIED): Promise<void> {
    let remaining = records;
    let { retryCount, invokeCount, requestId } = attempts;
    while (!this.#signal.aborted) {
      remaining = await this.#withoutTooOld(remaining, { retryCount, invokeCount, requestId });
      if (remaining.length === 0) return;
      const invoked = await this.#invoke(remaining);
      if (invoked.outcome === 'throttled') {
        await this.#pause(1);
        continue;
      }
      invokeCount += 1;
      requestId = invoked.requestId;
      const { outcome } = invoked;
      if (outcome.kind === 'success') return;
      if (outcome.kind === 'failure' && this.#definition.bisectsOnError && remaining.length > 1) {
        const middle = Math.ceil(remaining.length / 2);
        await this.process(remaining.slice(0, middle), { retryCount, invokeCount, requestId });
        await this.process(remaining.slice(middle), { retryCount, invokeCount, requestId });
        return;
      }
      if (outcome.kind === 'partial') remaining = remaining.slice(outcome.failedFrom);
      retryCount += 1;
      if (retryCount > (this.#definition.retriesMax ?? Number.POSITIVE_INFINITY)) {
        const tried = { retryCount, invokeCount, requestId };
        return this.#discard(remaining, 'RetryAttemptsExhausted', tried);
      }
      await this.#pause(retryCount);
    }
  }

  async #invoke(
    records: readonly StreamRecord[],
  ): Promise<{ outcome: BatchOutcome; requestId: string } | { outcome: 'throttled' }> {
    const startedAtMs = performance.now();
    const iteratorAgeMs = Math.max(0, Date.now() - (records.at(-1)?.arrivedAtMs ?? 0));
    const result = await this.#dependencies.invoke(this.#payload(records));
    const outcome = this.#outcomeOf(result, records);
    const failedCount =
      outcome === 'throttled' || outcome.kind === 'failure'
        ? records.length
        : outcome.kind === 'partial'
          ? records.length - outcome.failedFrom
          : 0;
    // What ends because everything ends is no failure.
    if (!this.#signal.aborted) {
      this.#dependencies.onBatch({
        kind: 'invoked',
        shardId: this.#shardId,
        recordCount: records.length,
        outcome: outcome === 'throttled' ? 'throttled' : outcome.kind,
        failedCount,
        iteratorAgeMs,
        durationMs: performance.now() - startedAtMs,
      });
    }
    if (outcome === 'throttled' || result.kind === 'refused') return { outcome: 'throttled' };
    return { outcome, requestId: result.requestId };
  }

  #outcomeOf(
    result: Awaited<ReturnType<MappingDependencies['invoke']>>,
    records: readonly StreamRecord[],
  ): BatchOutcome | 'throttled' {
    if (result.kind === 'refused') return 'throttled';
    if (result.kind === 'error') return { kind: 'failure' };
    if (!this.#definition.reportsItemFailures) return { kind: 'success' };
    return batchOutcome(result.payload, records);
  }

  /** Gives up the records past the mapping's age, which lie before the younger ones. */
  async #withoutTooOld(
    records: readonly StreamRecord[],
    attempts: Attempts,
  ): Promise<readonly StreamRecord[]> {
    const { recordAgeMsMax } = this.#definition;
    if (recordAgeMsMax === undefined) return records;
    const arrivedAfterMs = Date.now() - recordAgeMsMax;
    const firstYoung = records.findIndex(({ arrivedAtMs }) => arrivedAtMs > arrivedAfterMs);
    const count = firstYoung === -1 ? records.length : firstYoung;
    if (count === 0) return records;
    await this.#discard(records.slice(0, count), 'RecordAgeExceeded', attempts);
    return records.slice(count);
  }

  async #discard(
    records: readonly StreamRecord[],
    reason: DiscardReason,
    { invokeCount, requestId }: Attempts,
  ): Promise<void> {
    if (this.#signal.aborted) return;
    const { deliverFailure, onBatch } = this.#dependencies;
    const report = { shardId: this.#shardId, recordCount: records.length, reason };
    if (deliverFailure === undefined) {
      onBatch({ kind: 'lost', ...report });
      return;
    }
    const { id, streamArn, functionArn } = this.#definition;
    const failure = failureObject({
      reason,
      records,
      mappingId: id,
      shardId: this.#shardId,
      streamArn,
      functionArn,
      invokeCount,
      requestId,
      payload: this.#payload(records),
      discardedAtMs: Date.now(),
      uniqueId: randomUUID(),
    });
    try {
      await deliverFailure(failure);
      onBatch({ kind: 'delivered to the failure destination', ...report });
    } catch {
      onBatch({ kind: 'lost', ...report });
    }
  }

  #payload(records: readonly StreamRecord[]): string {
    const { streamArn, region } = this.#definition;
    const origin = {
      shardId: this.#shardId,
      streamArn,
      region,
      roleArn: 'arn:aws:iam::local:role',
    };
    return JSON.stringify(kinesisEvent(records, origin));
  }

  async #pause(attempt: number): Promise<void> {
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (attempt - 1));
    try {
      await delay(pauseMs, undefined, { signal: this.#signal });
    } catch {
      // Aborted: the loop sees it.
    }
  }
}
