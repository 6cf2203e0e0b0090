import type { EventStream, StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { type Lake, linesOf, rawFilesBetween } from '../../adapters/s3/lake-reader.ts';
import { type StoredReplay, writeReplay } from '../../adapters/s3/replay-store.ts';
import {
  markReplayed,
  type Quarantine,
  readWaitingCall,
  type WaitingPage,
  waitingPages,
} from '../../adapters/s3/waiting-calls.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import { chunkMs, type Replay, UNREADABLE, withUnreadable } from '../../core/events/replay.ts';
import type { EventSource } from '../../core/events/source.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { takeIn } from './intake.ts';

export interface ReplayPorts {
  readonly quarantine: Quarantine;
  readonly lake: Lake;
  readonly stream: EventStream;
  readonly identitySecret: () => Promise<string>;
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
const CHUNK_MAX = 100;
/** How long one chunk may wait for the stream. */
const PUT_MS_MAX = 10_000;

/** A part of the work, read and judged; done once its records are on the stream and its calls are moved. */
interface Chunk {
  /** The replay as it is after this chunk. */
  readonly after: Replay;
  readonly records: readonly StreamRecord[];
  readonly replayed: readonly { readonly key: string; readonly call: QuarantinedCall }[];
}

/**
 * Goes on with a replay until it is done or `deadlineMs` (epoch); every chunk ends in a checkpoint.
 * @throws ReplayChangedError when another execution goes on with it; nothing is lost by stopping.
 */
export async function continueReplay(
  start: StoredReplay,
  ports: ReplayPorts,
  deadlineMs: number,
): Promise<Replay> {
  let stored = start;
  if (stored.replay.status === 'done') return stored.replay;
  const { what, isDryRun, eventsPerSecond } = stored.replay.request;
  const chunks = (what === 'raw' ? rawChunks : quarantineChunks)(stored.replay, ports, deadlineMs);
  let startedAtMs = ports.nowMs();
  for await (const { after, records, replayed } of chunks) {
    if (!isDryRun) {
      // On the stream first: a crash in between repeats events, which their message ids give away.
      if (records.length > 0) await ports.stream.put(records, Date.now() + PUT_MS_MAX);
      for (const { key, call } of replayed) await markReplayed(ports.quarantine, key, call);
    }
    const updatedAt = new Date(ports.nowMs()).toISOString();
    stored = await writeReplay(ports.quarantine, { ...after, updatedAt }, stored);
    const putCount = isDryRun ? 0 : records.length;
    const restMs = chunkMs(putCount, eventsPerSecond) - (ports.nowMs() - startedAtMs);
    if (restMs > 0) await ports.sleep(restMs);
    startedAtMs = ports.nowMs();
    if (after.status === 'done' || startedAtMs >= deadlineMs) break;
  }
  return stored.replay;
}

/** Reads keys by the thousand; where little matches, a checkpoint comes with the time and not with the calls. */
async function* quarantineChunks(
  start: Replay,
  ports: ReplayPorts,
  deadlineMs: number,
): AsyncGenerator<Chunk> {
  const chunk = new ChunkOfCalls(start);
  if (chunk.isFull) return yield chunk.end();
  for await (const page of waitingPages(ports.quarantine, filterOf(start), start.afterKey)) {
    for (const { key } of page.calls) {
      await chunk.add(key, ports);
      if (!chunk.isFull) continue;
      yield chunk.cut();
      if (chunk.isFull) return yield chunk.end();
    }
    chunk.goTo(page);
    if (ports.nowMs() >= deadlineMs) yield chunk.cut();
  }
  yield chunk.end();
}

/** Collects a chunk of calls while keys are listed. */
class ChunkOfCalls {
  #replay: Replay;
  #accepted: { key: string; call: QuarantinedCall; records: readonly StreamRecord[] }[] = [];
  #readCount = 0;

  constructor(replay: Replay) {
    this.#replay = replay;
  }

  get isFull(): boolean {
    return this.#readCount >= chunkSize({ ...this.#replay, readCount: this.#before });
  }

  /** Calls read before this chunk. */
  get #before(): number {
    return this.#replay.readCount - this.#readCount;
  }

  async add(key: string, ports: ReplayPorts): Promise<void> {
    const call = await readWaitingCall(ports.quarantine, key);
    const { readCount, scannedCount } = this.#replay;
    this.#replay = { ...this.#replay, afterKey: key, scannedCount: scannedCount + 1 };
    if (call === 'gone') return;
    this.#readCount += 1;
    this.#replay = { ...this.#replay, readCount: readCount + 1 };
    if (call === 'unreadable') {
      this.#replay = withUnreadable(this.#replay, key);
      return;
    }
    const judged = await judge(call, ports);
    if ('records' in judged) this.#accepted.push({ key, call, records: judged.records });
    else this.#replay = withRefused(this.#replay, judged.reason);
  }

  /** To the end of a page, past what doesn't match. */
  goTo({ lastKey, scannedCount, calls }: WaitingPage): void {
    const passedCount = scannedCount - calls.length;
    this.#replay = {
      ...this.#replay,
      afterKey: lastKey,
      scannedCount: this.#replay.scannedCount + passedCount,
    };
  }

  /** What has come together; the next chunk begins empty. */
  cut(): Chunk {
    const accepted = this.#accepted;
    const acceptedCount = this.#replay.acceptedCount + accepted.length;
    this.#replay = { ...this.#replay, acceptedCount };
    this.#accepted = [];
    this.#readCount = 0;
    return {
      after: this.#replay,
      records: accepted.flatMap(({ records }) => records),
      replayed: accepted,
    };
  }

  end(): Chunk {
    const chunk = this.cut();
    return { ...chunk, after: { ...chunk.after, status: 'done' } };
  }
}

/** What the one way in makes of the call now; nothing is stored, a refused call lies there already. */
async function judge(
  call: QuarantinedCall,
  ports: ReplayPorts,
): Promise<{ records: readonly StreamRecord[] } | { reason: string }> {
  const records: StreamRecord[] = [];
  const { batchSentAtMs, type } = call;
  const { refused } = await takeIn(
    [withMessageId(call)],
    {
      ...(await ports.source(call.source)),
      // Its own time of receipt: the event happened then, whenever it is replayed.
      receivedAtMs: Date.parse(call.receivedAt),
      callBytesMax: IMPORT_CALL_BYTES_MAX,
      mayHoldEmail: true,
      ...(type === undefined ? {} : { type }),
      ...(batchSentAtMs === undefined ? {} : { batchSentAt: { timeMs: batchSentAtMs } }),
    },
    {
      identitySecret: ports.identitySecret,
      stream: { put: async (taken) => void records.push(...taken) },
      quarantine: { keep: async () => {} },
      count: () => {},
    },
    Number.POSITIVE_INFINITY,
  );
  const [refusal] = refused;
  return refusal === undefined ? { records } : { reason: refusal.reason };
}

/** A call without an id gets one from its quarantine id, so that a second replay is a duplicate. */
function withMessageId({ event, id }: QuarantinedCall): unknown {
  if (!isJsonObject(event)) return event;
  const { messageId } = event;
  const hasNone = messageId === undefined || messageId === null || messageId === '';
  return hasNone ? { ...event, messageId: `replay-${id}` } : event;
}

/** The lake's lines, each file opened once a step: events as they are, so that only their place is new. */
async function* rawChunks(
  start: Replay,
  ports: ReplayPorts,
  deadlineMs: number,
): AsyncGenerator<Chunk> {
  let replay = start;
  for await (const key of rawFilesBetween(ports.lake, start.request, start.afterKey)) {
    const lines = linesOf(ports.lake, key);
    let lineCount = 0;
    let records: StreamRecord[] = [];
    let chunkLineCount = 0;
    const cut = (changes: Partial<Replay>): Chunk => {
      replay = { ...replay, acceptedCount: replay.acceptedCount + records.length, ...changes };
      const chunk = { after: replay, records, replayed: [] };
      records = [];
      chunkLineCount = 0;
      return chunk;
    };
    try {
      for (;;) {
        if (chunkSize(replay) === 0) return yield cut({ lineCount, status: 'done' });
        const next = await lines.next();
        if (next.done === true) {
          if (next.value === 'broken') replay = withUnreadable(replay, key);
          break;
        }
        lineCount += 1;
        if (lineCount <= replay.lineCount) continue;
        const record = recordOf(next.value, replay);
        replay = { ...replay, scannedCount: replay.scannedCount + 1 };
        if (record === 'unreadable') replay = withRefused(replay, UNREADABLE);
        if (typeof record === 'object') records.push(record);
        if (record !== 'passed') replay = { ...replay, readCount: replay.readCount + 1 };
        chunkLineCount += 1;
        const isDue = chunkLineCount % CHUNK_MAX === 0 && ports.nowMs() >= deadlineMs;
        if (records.length >= chunkSize(replay) || isDue) yield cut({ lineCount });
      }
    } finally {
      await lines.return('whole');
    }
    yield cut({ afterKey: key, lineCount: 0 });
  }
  yield { after: { ...replay, status: 'done' }, records: [], replayed: [] };
}

/**
 * A line as it goes on the stream again: as it is, so that a reader of any version takes it, but for the
 * word that it has been there before.
 */
function recordOf(line: string, { request }: Replay): StreamRecord | 'unreadable' | 'passed' {
  const document = parsed(line);
  const event = readStoredEvent(document);
  if (!event.success || !isJsonObject(document)) return 'unreadable';
  if (request.sources?.includes(event.data.source) === false) return 'passed';
  // What an earlier replay, or this one, has put there: the line it was made of lies in the lake too.
  if (event.data.replayed === true) return 'passed';
  const again = request.isRebuild ? document : { ...document, replayed: true };
  return {
    data: Buffer.from(`${JSON.stringify(again)}\n`),
    partitionKey: partitionKeyOf(event.data),
  };
}

function withRefused(replay: Replay, reason: string): Replay {
  const { refusedCounts } = replay;
  return {
    ...replay,
    refusedCounts: { ...refusedCounts, [reason]: (refusedCounts[reason] ?? 0) + 1 },
  };
}

function filterOf({ request }: Replay) {
  const { from, to, sources, reasons, ids } = request;
  return { from, to, sources, reasons, ids };
}

function chunkSize({ request, readCount }: Replay): number {
  const left = request.limit === undefined ? CHUNK_MAX : request.limit - readCount;
  return Math.max(0, Math.min(CHUNK_MAX, request.eventsPerSecond, left));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
