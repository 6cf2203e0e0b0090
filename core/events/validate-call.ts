import { callSchemaOf } from './call.ts';
import { type EventType, eventType, eventTypes } from './event.ts';
import { isKnownEvent, propertiesSchemaOf } from './event-properties.ts';
import { eventTimeMs, implausibleTime, readTime, type TimeReading } from './event-time.ts';
import { type Issue, issuesOf, kindOf } from './issue.ts';
import { isJsonObject } from './json-value.ts';
import { ISSUES_MAX } from './limits.ts';
import { structureIssue } from './structure.ts';

/** Why a call was refused, coarsely: the folder it goes to in quarantine. */
export const refusalReasons = [
  'not-an-object',
  'unsafe-structure',
  'unknown-type',
  'no-identity',
  'bad-time',
  'bad-field',
  'bad-properties',
  'too-large',
  'family-not-enabled',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly issues: readonly Issue[];
}

/** A call that may become an event. `fields` is everything it said, in settled form. */
export interface ValidCall {
  readonly kind: 'valid';
  readonly type: EventType;
  /** When it happened, by the receiver's clock. */
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface CallCircumstances {
  /** What the route says the call is; a batch's entries say it themselves. */
  readonly type?: EventType;
  readonly receivedAtMs: number;
  /** The batch's `sentAt`, which goes before the call's own. */
  readonly batchSentAt?: TimeReading;
}

/** Checks one call against the Segment Spec and settles its time. Never throws, whatever JSON gives. */
export function validateCall(raw: unknown, circumstances: CallCircumstances): ValidCall | Refusal {
  if (!isJsonObject(raw)) {
    return refused('not-an-object', '', `expected an object, got ${kindOf(raw)}`);
  }
  const unsafe = structureIssue(raw);
  if (unsafe !== undefined)
    return { kind: 'refused', reason: 'unsafe-structure', issues: [unsafe] };
  const type = circumstances.type ?? typeOf(raw);
  if (type === undefined) {
    const message = `expected one of ${eventTypes.join(', ')}, got ${kindOf(raw.type)}${typeof raw.type === 'string' ? ' that is none of them' : ''}`;
    return refused('unknown-type', 'type', message);
  }
  const checked = checkFields(type, raw);
  if (checked.kind === 'refused') return checked;
  const time = settleTime(checked.fields, circumstances);
  if ('problem' in time) return refused('bad-time', time.path, time.problem);
  return { kind: 'valid', type, timeMs: time.timeMs, fields: checked.fields };
}

type CheckedFields = { kind: 'fields'; fields: Record<string, unknown> } | Refusal;

function checkFields(type: EventType, raw: Record<string, unknown>): CheckedFields {
  const call = callSchemaOf(type).safeParse(raw);
  const properties = type === 'track' ? checkProperties(raw) : undefined;
  const propertyIssues = properties?.issues ?? [];
  if (!call.success) {
    const issues = [...issuesOf(call.error, raw), ...propertyIssues].slice(0, ISSUES_MAX);
    return { kind: 'refused', reason: 'bad-field', issues };
  }
  if (propertyIssues.length > 0) {
    return { kind: 'refused', reason: 'bad-properties', issues: propertyIssues };
  }
  const fields: Record<string, unknown> = call.data;
  if (properties?.value !== undefined) fields.properties = properties.value;
  if (fields.userId === undefined && fields.anonymousId === undefined) {
    return refused(
      'no-identity',
      'userId',
      'expected userId or anonymousId, got neither; send the id of the customer or of the device',
    );
  }
  return { kind: 'fields', fields };
}

function checkProperties(raw: Record<string, unknown>): {
  value?: Record<string, unknown>;
  issues: Issue[];
} {
  const name = typeof raw.event === 'string' ? raw.event : '';
  const properties = raw.properties ?? undefined;
  if (properties === undefined && !isKnownEvent(name)) return { issues: [] };
  const parsed = propertiesSchemaOf(name).safeParse(properties);
  if (parsed.success) return { value: parsed.data, issues: [] };
  const issues = issuesOf(parsed.error, properties);
  return {
    issues: issues.map(({ path, message }) => ({
      path: path === '' ? 'properties' : `properties.${path}`,
      message,
    })),
  };
}

type SettledTime = { timeMs: number } | { path: string; problem: string };

function settleTime(
  fields: Readonly<Record<string, unknown>>,
  { receivedAtMs, batchSentAt }: CallCircumstances,
): SettledTime {
  const path = isAbsent(fields.originalTimestamp) ? 'timestamp' : 'originalTimestamp';
  const happened = isAbsent(fields[path]) ? undefined : readTime(fields[path]);
  if (happened !== undefined && 'problem' in happened) return { path, problem: happened.problem };
  const sent = batchSentAt ?? (isAbsent(fields.sentAt) ? undefined : readTime(fields.sentAt));
  if (sent !== undefined && 'problem' in sent) return { path: 'sentAt', problem: sent.problem };
  const timeMs = eventTimeMs(receivedAtMs, sent?.timeMs, happened?.timeMs);
  const problem = implausibleTime(timeMs, receivedAtMs);
  return problem === undefined ? { timeMs } : { path, problem };
}

/** The batch's own `sentAt`, read once for all its calls; nothing where the batch has none. */
export function readBatchSentAt(value: unknown): TimeReading | undefined {
  return isAbsent(value) ? undefined : readTime(value);
}

function typeOf(raw: Record<string, unknown>): EventType | undefined {
  const parsed = eventType.safeParse(raw.type);
  return parsed.success ? parsed.data : undefined;
}

function refused(reason: RefusalReason, path: string, message: string): Refusal {
  return { kind: 'refused', reason, issues: [{ path, message }] };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
