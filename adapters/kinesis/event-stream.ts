import {
  KinesisClient,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Kinesis takes at most 500 records a request. */
const CHUNK_RECORDS_MAX = 500;
/** Kinesis takes 10 MB a request; half of that keeps a request short and a retry cheap. */
const CHUNK_BYTES_MAX = 5_000_000;
/** Attempts per chunk: with the pauses below about five seconds, well inside a caller's patience. */
const ATTEMPTS_MAX = 8;
const PAUSE_MS_BASE = 50;
const PAUSE_MS_MAX = 1_000;
/** An answer that takes longer is taken for lost; sending again is safe, duplicates are recognised later. */
const ATTEMPT_MS_MAX = 4_000;
const CONNECT_MS_MAX = 1_000;

export interface StreamRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

/** The stream didn't take all records in time; some may be on it. */
export class StreamUnavailableError extends Error {
  override readonly name = 'StreamUnavailableError';
}

export interface EventStream {
  /**
   * Resolves when every record is durable.
   * @throws StreamUnavailableError when that isn't so at `deadlineMs` (epoch) or after all attempts.
   */
  put(records: readonly StreamRecord[], deadlineMs: number): Promise<void>;
}

/**
 * The SDK's own choice for Kinesis is a new HTTP/2 session per request, a TLS handshake each. One
 * connection that is kept open halves what a small batch costs.
 */
const requestHandler = new NodeHttpHandler({
  connectionTimeout: CONNECT_MS_MAX,
  requestTimeout: ATTEMPT_MS_MAX,
});

export function createEventStream(streamName: string): EventStream {
  // Retries are ours: only the entries that failed are sent again.
  const client = new KinesisClient({ maxAttempts: 1, requestHandler });
  return {
    async put(records, deadlineMs) {
      // One chunk after the other keeps a customer's events in order where nothing fails.
      for (const chunk of chunksOf(records)) {
        await putChunk(client, streamName, chunk, deadlineMs);
      }
    },
  };
}

/** Cuts records into requests that Kinesis takes, in order. */
export function* chunksOf(records: readonly StreamRecord[]): Generator<StreamRecord[]> {
  let chunk: StreamRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const recordBytes = record.data.length + record.partitionKey.length;
    if (chunk.length === CHUNK_RECORDS_MAX || bytes + recordBytes > CHUNK_BYTES_MAX) {
      if (chunk.length > 0) yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += recordBytes;
  }
  if (chunk.length > 0) yield chunk;
}

async function putChunk(
  client: KinesisClient,
  streamName: string,
  chunk: readonly StreamRecord[],
  deadlineMs: number,
): Promise<void> {
  let waiting: PutRecordsRequestEntry[] = chunk.map((record) => ({
    Data: record.data,
    PartitionKey: record.partitionKey,
  }));
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    if (attempt > 0) await pause(attempt, deadlineMs);
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) break;
    try {
      const abortSignal = AbortSignal.timeout(Math.min(leftMs, ATTEMPT_MS_MAX));
      const command = new PutRecordsCommand({ StreamName: streamName, Records: waiting });
      const answer = await client.send(command, { abortSignal });
      waiting = failedOf(waiting, answer.Records ?? []);
      if (waiting.length === 0) return;
      cause = answer.Records?.find((record) => record.ErrorCode !== undefined)?.ErrorCode;
    } catch (error) {
      cause = error;
    }
  }
  throw new StreamUnavailableError(`${waiting.length} records were not taken`, { cause });
}

/** The entries whose result, at the same place, isn't a sequence number. */
function failedOf(
  entries: readonly PutRecordsRequestEntry[],
  results: readonly { SequenceNumber?: string | undefined }[],
): PutRecordsRequestEntry[] {
  return entries.filter((_, index) => results[index]?.SequenceNumber === undefined);
}

/** Full jitter, so that clients which failed together don't come back together. */
async function pause(attempt: number, deadlineMs: number): Promise<void> {
  const longestMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_BASE * 2 ** attempt, deadlineMs - Date.now());
  if (longestMs <= 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs));
}
