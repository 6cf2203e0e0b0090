import type { EventStream, StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { type Lake, rawFiles, readLines } from '../../adapters/s3/lake-reader.ts';
import { writeReplay } from '../../adapters/s3/replay-store.ts';
import {
  markReplayed,
  type Quarantine,
  readWaitingCall,
  waitingCalls,
} from '../../adapters/s3/waiting-calls.ts';
import { collectedEvent } from '../../core/events/event.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import { chunkMs, type Replay } from '../../core/events/replay.ts';
import type { EventSource } from '../../core/events/source.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { takeIn } from './intake.ts';

export interface ReplayPorts {
  readonly quarantine: Quarantine;
  readonly lake: Lake;
  readonly stream: EventStream;
  readonly identitySecret: () => Promise<string>;
  readonly source: (sourceId: string) => Promise<EventSource>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Calls or events between two checkpoints: what a crash repeats, as duplicates, at most. */
const CHUNK_MAX = 100;
/** How long one chunk may wait for the stream. */
const PUT_MS_MAX = 10_000;

/** Goes on with a replay until it is done or `deadlineMs` (epoch); every chunk ends in a checkpoint. */
export async function continueReplay(
  start: Replay,
  ports: ReplayPorts,
  deadlineMs: number,
): Promise<Replay> {
  let current = start;
  while (current.status === 'running' && ports.nowMs() < deadlineMs) {
    const startedAtMs = ports.nowMs();
    const { what, isDryRun, eventsPerSecond } = current.request;
    const next = await (what === 'raw' ? rawChunk : quarantineChunk)(current, ports);
    const putCount = isDryRun ? 0 : next.acceptedCount - current.acceptedCount;
    current = { ...next, updatedAt: new Date(ports.nowMs()).toISOString() };
    await writeReplay(ports.quarantine, current);
    const restMs = chunkMs(putCount, eventsPerSecond) - (ports.nowMs() - startedAtMs);
    if (restMs > 0) await ports.sleep(restMs);
  }
  return current;
}

async function quarantineChunk(before: Replay, ports: ReplayPorts): Promise<Replay> {
  const { request } = before;
  const countMax = chunkSize(before);
  const accepted: { key: string; call: QuarantinedCall; records: readonly StreamRecord[] }[] = [];
  const refusedCounts = { ...before.refusedCounts };
  let { afterKey } = before;
  let readCount = 0;
  if (countMax > 0) {
    for await (const { key } of waitingCalls(ports.quarantine, filterOf(before), afterKey)) {
      const call = await readWaitingCall(ports.quarantine, key);
      afterKey = key;
      if (call === undefined) continue;
      readCount += 1;
      const judged = await judge(call, ports);
      if ('records' in judged) accepted.push({ key, call, records: judged.records });
      else addTo(refusedCounts, judged.reason);
      if (readCount === countMax) break;
    }
  }
  if (!request.isDryRun) {
    // On the stream first: a crash in between repeats events, which their message ids give away.
    const records = accepted.flatMap((one) => one.records);
    if (records.length > 0) await ports.stream.put(records, Date.now() + PUT_MS_MAX);
    for (const { key, call } of accepted) await markReplayed(ports.quarantine, key, call);
  }
  return {
    ...before,
    ...(afterKey === undefined ? {} : { afterKey }),
    status: readCount < countMax || countMax === 0 ? 'done' : 'running',
    readCount: before.readCount + readCount,
    acceptedCount: before.acceptedCount + accepted.length,
    refusedCounts,
  };
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
      source: await ports.source(call.source),
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

/** The next lines of the lake's next file: events as they are, so that only their place is new. */
async function rawChunk(before: Replay, ports: ReplayPorts): Promise<Replay> {
  const { request } = before;
  const key = await nextFile(ports.lake, before);
  const countMax = chunkSize(before);
  if (key === undefined || countMax === 0) return { ...before, status: 'done' };
  const lines: string[] = [];
  let lineCount = 0;
  await readLines(ports.lake, key, (line) => {
    lineCount += 1;
    if (lineCount > before.lineCount && lines.length < countMax) lines.push(line);
  });
  const refusedCounts = { ...before.refusedCounts };
  const records: StreamRecord[] = [];
  for (const line of lines) {
    const event = collectedEvent.safeParse(parsed(line));
    if (!event.success) addTo(refusedCounts, 'unreadable');
    else if (request.sources?.includes(event.data.source) ?? true) {
      const data = `${line}\n`;
      const partitionKey = partitionKeyOf(event.data);
      records.push({ data, bytes: Buffer.byteLength(data), partitionKey });
    }
  }
  if (!request.isDryRun && records.length > 0) {
    await ports.stream.put(records, Date.now() + PUT_MS_MAX);
  }
  const dealtWith = before.lineCount + lines.length;
  return {
    ...before,
    ...(dealtWith >= lineCount ? { afterKey: key, lineCount: 0 } : { lineCount: dealtWith }),
    readCount: before.readCount + lines.length,
    acceptedCount: before.acceptedCount + records.length,
    refusedCounts,
  };
}

async function nextFile(lake: Lake, { request, afterKey }: Replay): Promise<string | undefined> {
  for await (const key of rawFiles(lake)) {
    const day = /^raw\/day=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1];
    if (day === undefined || day < request.from) continue;
    if (afterKey !== undefined && key <= afterKey) continue;
    return day > request.to ? undefined : key;
  }
  return undefined;
}

function filterOf({ request }: Replay) {
  const { from, to, sources, reasons, ids } = request;
  return { from, to, sources, reasons, ids };
}

function chunkSize({ request, readCount }: Replay): number {
  const left = request.limit === undefined ? CHUNK_MAX : request.limit - readCount;
  return Math.max(0, Math.min(CHUNK_MAX, request.eventsPerSecond, left));
}

function addTo(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
