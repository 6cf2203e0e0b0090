import type { EventType } from '../events/event.ts';
import { eventFamilyOf } from '../events/event-family.ts';
import type { TimeReading } from '../events/event-time.ts';
import type { Issue } from '../events/issue.ts';
import { isJsonObject } from '../events/json-value.ts';
import { ISSUES_MAX, MESSAGE_ID_CHARACTERS_MAX, RECORD_BYTES_MAX } from '../events/limits.ts';
import type { EventSource } from '../events/source.ts';
import {
  type PropertiesCheck,
  type Refusal,
  type RefusalReason,
  type ValidCall,
  validateCall,
} from '../events/validate-call.ts';
import {
  type CollectCircumstances,
  collectEvent,
  type EventRecord,
  sourceFields,
} from './collect-event.ts';

/** A call that was refused: kept whole, with its place in the request. */
export interface RefusedCall {
  readonly index: number;
  /** The sender's own id, where it sent a usable one. */
  readonly messageId: string | undefined;
  readonly reason: RefusalReason;
  readonly issues: readonly Issue[];
  readonly call: unknown;
}

export interface CollectedCalls {
  readonly accepted: readonly EventRecord[];
  readonly refused: readonly RefusedCall[];
}

export interface CollectOptions
  extends Omit<CollectCircumstances, 'receivedAt' | 'sourceFields' | 'espKeys'> {
  readonly source: EventSource;
  readonly receivedAtMs: number;
  /** What the route says each call is; nothing for a batch. */
  readonly type?: EventType;
  readonly batchSentAt?: TimeReading;
  /** Largest call, in bytes of JSON. */
  readonly callBytesMax: number;
  readonly check?: PropertiesCheck;
  /** What the shop expects of an event beyond its form: why it is to be set aside, or nothing. */
  readonly expectations?: (record: EventRecord) => readonly Issue[];
}

/** Decides each call of a request on its own: accepted or refused, never both, never neither. */
export function collectCalls(calls: readonly unknown[], options: CollectOptions): CollectedCalls {
  const accepted: EventRecord[] = [];
  const refused: RefusedCall[] = [];
  const receivedAt = new Date(options.receivedAtMs).toISOString();
  const { source } = options;
  const { espKeys } = source;
  const circumstances = { ...options, receivedAt, sourceFields: sourceFields(source), espKeys };
  for (const [index, call] of calls.entries()) {
    const outcome = collectCall(call, circumstances);
    if (outcome.kind === 'record') accepted.push(outcome.record);
    else {
      const { reason, issues } = outcome;
      refused.push({ index, messageId: usableMessageId(call), reason, issues, call });
    }
  }
  return { accepted, refused };
}

function collectCall(
  call: unknown,
  options: CollectOptions & CollectCircumstances,
): { kind: 'record'; record: EventRecord } | Refusal {
  const valid = validateCall(call, options);
  if (valid.kind === 'refused') return valid;
  const notEnabled = familyRefusal(valid, options.source);
  if (notEnabled !== undefined) return notEnabled;
  const record = collectEvent(valid, options);
  if (isTooLarge(call, record.data.length, options.callBytesMax)) {
    const message = `expected at most ${options.callBytesMax} bytes of JSON; send less per call, or use /v1/import from a server`;
    return { kind: 'refused', reason: 'too-large', issues: [{ path: '', message }] };
  }
  const unmet = options.expectations?.(record) ?? [];
  if (unmet.length > 0) {
    return { kind: 'refused', reason: 'unmet-expectation', issues: unmet.slice(0, ISSUES_MAX) };
  }
  return { kind: 'record', record };
}

/** Why a source may not send such an event, if so. */
export function familyRefusal(
  { type, fields }: Pick<ValidCall, 'type' | 'fields'>,
  { eventFamilies }: EventSource,
): Refusal | undefined {
  if (eventFamilies === undefined) return undefined;
  const family = eventFamilyOf(type, typeof fields.event === 'string' ? fields.event : undefined);
  if (eventFamilies.includes(family)) return undefined;
  const message = `events of the family "${family}" are not enabled for this source; enable it in the source's eventFamilies, or send with another source's key`;
  const path = type === 'track' ? 'event' : 'type';
  return { kind: 'refused', reason: 'family-not-enabled', issues: [{ path, message }] };
}

/** The record says all the call says and more, so that most calls need not be serialised again to be measured. */
function isTooLarge(call: unknown, recordBytes: number, callBytesMax: number): boolean {
  if (recordBytes > RECORD_BYTES_MAX) return true;
  return recordBytes > callBytesMax && Buffer.byteLength(JSON.stringify(call)) > callBytesMax;
}

function usableMessageId(call: unknown): string | undefined {
  if (!isJsonObject(call) || typeof call.messageId !== 'string') return undefined;
  return call.messageId.slice(0, MESSAGE_ID_CHARACTERS_MAX);
}
