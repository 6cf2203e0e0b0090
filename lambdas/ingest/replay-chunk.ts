import type { EventExpectations } from '../../adapters/dynamodb/event-expectations.ts';
import type { EventStream, StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import type { Failures } from '../../adapters/s3/kept-failures.ts';
import type { Lake } from '../../adapters/s3/lake-reader.ts';
import type { Quarantine } from '../../adapters/s3/waiting-calls.ts';
import type { Replay } from '../../core/events/replay.ts';
import type { EventSource } from '../../core/events/source.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';

export interface ReplayPorts {
  readonly quarantine: Quarantine;
  readonly lake: Lake;
  readonly failures: Failures;
  readonly stream: EventStream;
  readonly identitySecret: () => Promise<string>;
  /** What the shop expects of each event now. */
  readonly expectations?: EventExpectations;
  /** The source as it is configured now, with the customer's own schemas as strictly as it wants them. */
  readonly source: (sourceId: string) => Promise<JudgingSource>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface JudgingSource {
  readonly source: EventSource;
  readonly check?: PropertiesCheck;
}

/** Calls or events between two checkpoints: what a crash repeats, as duplicates, at most. */
export const CHUNK_MAX = 100;

/** A part of the work, read and judged; done once its records are on the stream and its moves are made. */
export interface Chunk {
  /** The replay as it is after this chunk. */
  readonly after: Replay;
  readonly records: readonly StreamRecord[];
  /** What was replayed leaves its place; repeating it changes nothing. */
  readonly moves: readonly (() => Promise<void>)[];
}

/** How many more calls or events the next chunk may have. */
export function chunkSize({ request, readCount }: Replay): number {
  const left = request.limit === undefined ? CHUNK_MAX : request.limit - readCount;
  return Math.max(0, Math.min(CHUNK_MAX, request.eventsPerSecond, left));
}

export function withRefused(replay: Replay, reason: string): Replay {
  const { refusedCounts } = replay;
  return {
    ...replay,
    refusedCounts: { ...refusedCounts, [reason]: (refusedCounts[reason] ?? 0) + 1 },
  };
}
