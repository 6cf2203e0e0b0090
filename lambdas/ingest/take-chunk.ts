import { setTimeout as sleep } from 'node:timers/promises';
import { StreamUnavailableError } from '../../adapters/kinesis/event-stream.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';
import { marksOf } from '../../core/mapping/message-marks.ts';
import { refusalText } from '../../core/mapping/refusal-text.ts';
import { RowTally } from '../../core/mapping/row-tally.ts';
import { type ChunkResult, chunkLine, type ImportRun } from './import-run.ts';
import { type IntakePorts, takeIn } from './intake.ts';

/** As many as one Kinesis request holds. */
const BATCH_CALLS_MAX = 500;
/** What one attempt at a batch may take. */
const BATCH_MS_MAX = 30_000;
/** A stream that refuses is full; it has room again within seconds. */
const PAUSE_MS = 2_000;

/**
 * Takes the calls of a chunk in, as if they had been sent to the collector. It may be done again: the
 * calls' ids stay the same.
 * @throws when not all are durable at `deadlineMs`.
 */
export async function takeChunk(
  text: string,
  source: ImportRun['source'],
  check: PropertiesCheck | undefined,
  ports: IntakePorts,
  deadlineMs: number,
): Promise<ChunkResult> {
  const tally = new RowTally();
  const events = { accepted: 0, quarantined: 0 };
  const marks: Uint8Array[] = [];
  const lines = text.split('\n').filter((line) => line !== '');
  for (let at = 0; at < lines.length; at += BATCH_CALLS_MAX) {
    const batch = lines
      .slice(at, at + BATCH_CALLS_MAX)
      .map((line) => chunkLine.parse(JSON.parse(line)));
    const calls = batch.map(({ call }) => call);
    const arrival = {
      source,
      receivedAtMs: Date.now(),
      mayHoldEmail: true,
      callBytesMax: IMPORT_CALL_BYTES_MAX,
      ...(check === undefined ? {} : { check }),
    };
    const { refused } = await persistently(
      (untilMs) => takeIn(calls, arrival, ports, untilMs),
      deadlineMs,
    );
    const refusedAt = new Map(refused.map((one) => [one.index, one]));
    const accepted: string[] = [];
    for (const [index, { rows, call }] of batch.entries()) {
      tally.rows += rows;
      const refusal = refusedAt.get(index);
      if (refusal === undefined) {
        tally.accepted += rows;
        accepted.push(messageIdOf(call));
      } else tally.quarantine(refusalText(refusal.issues[0]), rows);
    }
    events.accepted += accepted.length;
    events.quarantined += refused.length;
    marks.push(marksOf(accepted));
  }
  return {
    counts: tally.counts,
    acceptedEvents: events.accepted,
    quarantinedEvents: events.quarantined,
    marks: Buffer.concat(marks).toString('base64'),
  };
}

/** Waits while the stream is full, so that a chunk needn't begin anew for one refused batch. */
async function persistently<T>(
  attempt: (untilMs: number) => Promise<T>,
  deadlineMs: number,
): Promise<T> {
  for (;;) {
    try {
      return await attempt(Math.min(deadlineMs, Date.now() + BATCH_MS_MAX));
    } catch (error) {
      const isHopeful =
        error instanceof StreamUnavailableError && Date.now() + PAUSE_MS < deadlineMs;
      if (!isHopeful) throw error;
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
  }
}

function messageIdOf(call: unknown): string {
  if (isJsonObject(call) && typeof call.messageId === 'string') return call.messageId;
  throw new Error('a call of a chunk has no message id');
}
