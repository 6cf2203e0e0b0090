import { readBatch } from '../events/batch.ts';
import type { EventType, Identity } from '../events/event.ts';
import { isPlaceholderId } from '../events/placeholder-id.ts';
import { type PlainBatch, readPlainBatch } from '../events/plain/plain-batch.ts';
import type { PlainCall, Span } from '../events/plain/plain-call.ts';
import { settleReadings } from '../events/validate-call.ts';
import { type CollectOptions, familyRefusal } from './collect-calls.ts';
import {
  type CollectCircumstances,
  type EventRecord,
  HEAD_START,
  partitionKeyOf,
  SETTLED_FIELDS,
  sourceFields,
  statementOf,
} from './collect-event.ts';
import { readPlainContext } from './read-context.ts';
import { sha256OfId } from './take-email.ts';
import { writeTime } from './write-time.ts';

/** A body as a plain batch, see readPlainBatch; what calls state of the collector's own is left out. */
export function plainBatchOf(bytes: Buffer): PlainBatch | undefined {
  return readPlainBatch(bytes, SETTLED_FIELDS);
}

/**
 * The records of a plain batch, put together of its own text: what `collectCalls` would make of the same
 * calls, but for the order of a context's fields. Undefined as soon as one isn't accepted just as it
 * stands; then all are to be collected the other way, which says what is wrong.
 */
export function collectPlain(
  batch: PlainBatch,
  options: CollectOptions,
): readonly EventRecord[] | undefined {
  const receivedAt = new Date(options.receivedAtMs).toISOString();
  const circumstances = { ...options, receivedAt, sourceFields: sourceFields(options.source) };
  const writer = new RecordWriter(batch.bytes, circumstances);
  const records: EventRecord[] = [];
  for (const call of batch.calls) {
    const record = writer.record(call);
    if (record === undefined) return undefined;
    records.push(record);
  }
  return records;
}

/** The calls of a plain batch as values, for those who have to look at them. */
export function parsedCalls({ bytes }: PlainBatch): readonly unknown[] {
  const body: unknown = JSON.parse(bytes.toString());
  const batch = readBatch(body);
  if ('problem' in batch) throw new Error('a plain batch is one');
  return batch.calls;
}

const COMMA = 0x2c;
const START = Buffer.from(`${HEAD_START}"`);
/** Of a time, `2026-11-23T09:15:00.123Z`. */
const TIME_BYTES = 24;

/** Whose event it is, and what a record says of that. */
interface Statement {
  readonly type: EventType;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  /** From the quote behind the id to the one before the time. */
  readonly text: Buffer;
  readonly partitionKey: string;
}

class RecordWriter {
  readonly #bytes: Buffer;
  readonly #options: CollectOptions & CollectCircumstances;
  /** From the quote behind the time. */
  readonly #receipt: Buffer;
  #statement: Statement | undefined;
  #context: Span | undefined;
  /** The last context with its name, and the end of the record behind it. */
  #tail: Buffer | undefined;

  constructor(bytes: Buffer, options: CollectOptions & CollectCircumstances) {
    this.#bytes = bytes;
    this.#options = options;
    this.#receipt = Buffer.from(`","receivedAt":"${options.receivedAt}"`);
  }

  record(call: PlainCall): EventRecord | undefined {
    const { type, event, originalTimestamp } = call;
    const options = this.#options;
    if (familyRefusal({ type, fields: { event } }, options.source) !== undefined) return undefined;
    const path = originalTimestamp === undefined ? 'timestamp' : 'originalTimestamp';
    const sentAt = options.batchSentAt ?? call.sentAt;
    const time = settleReadings(path, call[path], sentAt, options.receivedAtMs);
    const statement = this.#statementOf(call);
    if ('problem' in time || statement === undefined || !this.#isCustomFine(call)) return undefined;
    const messageId = call.messageId ?? options.newMessageId();
    const data = this.#joined(messageId, statement, time.timeMs, call);
    if (data.length > options.callBytesMax) return undefined;
    const { receivedAt } = options;
    const facts =
      event === undefined
        ? { messageId, type, receivedAt }
        : { messageId, type, event, receivedAt };
    return { event: facts, data, partitionKey: statement.partitionKey };
  }

  /** The customer's own schema of an event is asked about the value. */
  #isCustomFine({ event, isCustom, properties }: PlainCall): boolean {
    const { check } = this.#options;
    if (check === undefined || !isCustom || event === undefined) return true;
    const value = properties === undefined ? undefined : JSON.parse(this.#textOf(properties));
    return check(event, value ?? undefined) === 'fine';
  }

  #textOf({ start, end }: Span): string {
    return this.#bytes.toString('utf8', start, end);
  }

  /** The calls of a batch are mostly one customer's. */
  #statementOf({ type, userId, anonymousId }: PlainCall): Statement | undefined {
    const last = this.#statement;
    const isLast =
      last !== undefined &&
      last.type === type &&
      last.userId === userId &&
      last.anonymousId === anonymousId;
    if (isLast) return last;
    const identities = this.#identitiesOf(userId, anonymousId);
    if (identities === undefined) return undefined;
    const text = Buffer.from(`"${statementOf(type, identities, this.#options)}"`);
    const partitionKey = partitionKeyOf({ identities });
    this.#statement = { type, userId, anonymousId, text, partitionKey };
    return this.#statement;
  }

  #identitiesOf(
    userId: string | undefined,
    anonymousId: string | undefined,
  ): Identity[] | undefined {
    const { hasher } = this.#options;
    const identities: Identity[] = [];
    for (const [kind, id] of [['userId', userId] as const, ['anonymousId', anonymousId] as const]) {
      if (id === undefined) continue;
      if (sha256OfId(id) !== undefined || isPlaceholderId(id)) return undefined;
      identities.push(hasher.of(kind, id));
    }
    return identities;
  }

  /** Calls in a row share contexts, which are most of what a browser sends. */
  #tailOf(context: Span | undefined): Buffer {
    if (this.#tail !== undefined && context === this.#context) return this.#tail;
    const text = context === undefined ? '' : this.#textOf(context);
    const stated: unknown = context === undefined ? undefined : JSON.parse(text);
    const json = readPlainContext(stated, text, this.#options);
    this.#context = context;
    this.#tail = Buffer.from(json === '' ? '}\n' : `,"context":${json}}\n`);
    return this.#tail;
  }

  #joined(messageId: string, statement: Statement, timeMs: number, call: PlainCall): Buffer {
    const tail = this.#tailOf(call.context);
    const { fields } = call;
    const { text } = statement;
    // An id is ASCII here.
    let length = START.length + messageId.length + text.length + TIME_BYTES;
    length += this.#receipt.length + tail.length;
    for (const { start, end } of fields) length += 1 + end - start;
    const data = Buffer.allocUnsafe(length);
    let at = START.copy(data);
    at += data.write(messageId, at, 'latin1');
    at += text.copy(data, at);
    at = writeTime(data, at, timeMs);
    at += this.#receipt.copy(data, at);
    for (const { start, end } of fields) {
      data[at] = COMMA;
      at += 1 + this.#bytes.copy(data, at + 1, start, end);
    }
    tail.copy(data, at);
    return data;
  }
}
