import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import {
  type KeptRecord,
  keptFailures,
  readFailure,
  removeReplayed,
} from '../../adapters/s3/kept-failures.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { type Replay, withUnreadable } from '../../core/events/replay.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { type Chunk, chunkSize, type ReplayPorts } from './replay-chunk.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * What the failures bucket holds: batches that Lambda gave up on, records that nobody could read, and events
 * whose identities were too many. Records go on the stream as they were, and an object is taken away when
 * all of it has. One with a record that still can't be read stays where it is, whole.
 */
export async function* failureChunks(
  start: Replay,
  ports: ReplayPorts,
  deadlineMs: number,
): AsyncGenerator<Chunk> {
  let replay = start;
  for await (const key of keptFailures(ports.failures, start.request, start.afterKey)) {
    const failure = await readFailure(ports.failures, key);
    const after = { afterKey: key, lineCount: 0, scannedCount: replay.scannedCount + 1 };
    if (typeof failure === 'string') {
      replay = { ...replay, ...after };
      if (failure === 'unreadable') replay = withUnreadable(replay, key);
      if (ports.nowMs() >= deadlineMs) yield { after: replay, records: [], moves: [] };
      continue;
    }
    const records = failure.map(streamRecordOf);
    if (records.some((record) => record === undefined)) {
      replay = { ...withUnreadable(replay, key), ...after, readCount: replay.readCount + 1 };
      if (ports.nowMs() >= deadlineMs) yield { after: replay, records: [], moves: [] };
      continue;
    }
    const readable = records.filter((record) => record !== undefined);
    while (replay.lineCount < readable.length) {
      const size = chunkSize(replay);
      if (size === 0) return yield { after: ended(replay), records: [], moves: [] };
      const part = readable.slice(replay.lineCount, replay.lineCount + size);
      replay = taken(replay, part.length);
      const isWhole = replay.lineCount === readable.length;
      if (isWhole) replay = { ...replay, ...after };
      const moves = isWhole ? [() => removeReplayed(ports.failures, key)] : [];
      yield { after: replay, records: part, moves };
      if (isWhole) break;
    }
  }
  yield { after: ended(replay), records: [], moves: [] };
}

function taken(replay: Replay, count: number): Replay {
  return {
    ...replay,
    lineCount: replay.lineCount + count,
    readCount: replay.readCount + count,
    acceptedCount: replay.acceptedCount + count,
  };
}

function ended(replay: Replay): Replay {
  return { ...replay, status: 'done' };
}

/** As it was; undefined where the enricher would set it aside again. */
function streamRecordOf({ data, partitionKey }: KeptRecord): StreamRecord | undefined {
  let document: unknown;
  try {
    document = JSON.parse(utf8.decode(data));
  } catch {
    return undefined;
  }
  const event = readStoredEvent(document);
  if (!event.success || !isJsonObject(document)) return undefined;
  return { data, partitionKey: partitionKey ?? partitionKeyOf(event.data) };
}
