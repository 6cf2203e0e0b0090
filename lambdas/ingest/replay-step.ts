import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { linesOf, rawFilesBetween } from '../../adapters/s3/lake-reader.ts';
import { type StoredReplay, writeReplay } from '../../adapters/s3/replay-store.ts';
import {
  markReplayed,
  readWaitingCall,
  type WaitingPage,
  waitingPages,
} from '../../adapters/s3/waiting-calls.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import {
  chunkMs,
  type Rebuild,
  type Replay,
  UNREADABLE,
  withUnreadable,
} from '../../core/events/replay.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { takeIn } from './intake.ts';
import { CHUNK_MAX, type Chunk, chunkSize, type ReplayPorts, withRefused } from './replay-chunk.ts';
import { failureChunks } from './replay-failures.ts';

/** How long one chunk may wait for the stream. */
const PUT_MS_MAX = 10_000;

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
  const chunks = chunksOf[what](stored.replay, ports, deadlineMs);
  let startedAtMs = ports.nowMs();
  for await (const { after, records, moves } of chunks) {
    if (!isDryRun) {
      // On the stream first: a crash in between repeats events, which their message ids give away.
      if (records.length > 0) await ports.stream.put(records, Date.now() + PUT_MS_MAX);
      for (const move of moves) await move();
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

const chunksOf = { quarantine: quarantineChunks, raw: rawChunks, failures: failureChunks };

/** Reads keys by the thousand; where little matches, a checkpoint comes with the time and not with the calls. */
async function* quarantineChunks(
  start: Replay,
  ports: ReplayPorts,
  deadlineMs: number,
): AsyncGenerator<Chunk> {
  const chunk = new ChunkOfCalls(start);
  if (chunk.isFull) return yield chunk.end(ports);
  for await (const page of waitingPages(ports.quarantine, filterOf(start), start.afterKey)) {
    for (const { key } of page.calls) {
      await chunk.add(key, ports);
      if (!chunk.isFull) continue;
      yield chunk.cut(ports);
      if (chunk.isFull) return yield chunk.end(ports);
    }
    chunk.goTo(page);
    if (ports.nowMs() >= deadlineMs) yield chunk.cut(ports);
  }
  yield chunk.end(ports);
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
  cut({ quarantine }: ReplayPorts): Chunk {
    const accepted = this.#accepted;
    const acceptedCount = this.#replay.acceptedCount + accepted.length;
    this.#replay = { ...this.#replay, acceptedCount };
    this.#accepted = [];
    this.#readCount = 0;
    return {
      after: this.#replay,
      records: accepted.flatMap(({ records }) => records),
      moves: accepted.map(
        ({ key, call }) =>
          () =>
            markReplayed(quarantine, key, call),
      ),
    };
  }

  end(ports: ReplayPorts): Chunk {
    const chunk = this.cut(ports);
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
      ...(ports.expectations === undefined ? {} : { expectations: ports.expectations }),
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
      const chunk = { after: replay, records, moves: [] };
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
  yield { after: { ...replay, status: 'done' }, records: [], moves: [] };
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
  const rebuilt = request.rebuild === undefined ? {} : rebuiltOf(event.data, request.rebuild);
  if (rebuilt === 'passed') return 'passed';
  const again = { ...document, ...rebuilt, replayed: true };
  return {
    data: Buffer.from(`${JSON.stringify(again)}\n`),
    partitionKey: partitionKeyOf(event.data),
  };
}

/** What an event says otherwise in a rebuild of customers, where it is one of theirs. */
function rebuiltOf(event: CollectedEvent, { rebuildId, resetAt, ...which }: Rebuild) {
  const { identities, formerIdentity, receivedAt } = event;
  const all = formerIdentity === undefined ? identities : [...identities, formerIdentity];
  const isTheirs = all.some((identity) => which.identities.includes(identityRef(identity)));
  if (!isTheirs || Date.parse(receivedAt) >= Date.parse(resetAt)) return 'passed';
  const [strongest] = strongestFirst(identities);
  const isApart = (identity: Identity) => which.apart.includes(identityRef(identity));
  return {
    rebuildId,
    identities: identities.filter((each) => identityRef(each) === strongest || !isApart(each)),
    ...(formerIdentity !== undefined && isApart(formerIdentity) && { formerIdentity: undefined }),
  };
}

function filterOf({ request }: Replay) {
  const { from, to, sources, reasons, ids } = request;
  return { from, to, sources, reasons, ids };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
