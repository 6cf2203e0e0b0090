import { callCheckOf } from './call.ts';
import { type EventType, eventTypes } from './event.ts';
import { eventTimeMs, implausibleTime, readTime, type TimeReading } from './event-time.ts';
import { optionalObject } from './field.ts';
import { type Issue, issuesOf, kindOf } from './issue.ts';
import { isJsonObject } from './json-value.ts';
import { ISSUES_MAX } from './limits.ts';
import { isPlaceholderId } from './placeholder-id.ts';
import { propertiesCheckOf } from './registry.ts';
import { structureIssue } from './structure.ts';
import { isSafe } from './sure-check.ts';

/** Why a call was refused, coarsely: the folder it goes to in quarantine. */
export const refusalReasons = [
  'not-an-object',
  'unsafe-structure',
  'unknown-type',
  'no-identity',
  'bad-time',
  'bad-field',
  'bad-properties',
  'unregistered-event',
  'too-large',
  'family-not-enabled',
  /** The shop's own expectation of severity quarantine; the issue names it. */
  'unmet-expectation',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly issues: readonly Issue[];
}

/**
 * Judges the properties of an event that no specification knows, by the customer's own schemas:
 * nothing is wrong, its name is registered nowhere, or these are the issues, with paths inside the
 * properties.
 */
export type PropertiesCheck = (
  eventName: string,
  properties: unknown,
) => 'fine' | 'unregistered' | readonly Issue[];

/**
 * A call that may become an event. `fields` is everything it said, in settled form; where nothing
 * had to be settled it is the call itself, so that nobody may write to it.
 */
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
  /** The customer's own schemas; without them any custom event is taken. */
  readonly check?: PropertiesCheck;
}

/** Checks one call against the Segment Spec and settles its time. Never throws, whatever JSON gives. */
export function validateCall(raw: unknown, circumstances: CallCircumstances): ValidCall | Refusal {
  if (!isJsonObject(raw)) {
    return refused('not-an-object', '', `expected an object, got ${kindOf(raw)}`);
  }
  const type = circumstances.type ?? typeOf(raw);
  const sure = surenessOf(type, raw);
  // What is surely fine has been walked already.
  if (!sure.isCall || !sure.isPropertiesSafe) {
    const unsafe = structureIssue(raw);
    if (unsafe !== undefined)
      return { kind: 'refused', reason: 'unsafe-structure', issues: [unsafe] };
  }
  if (type === undefined) {
    const message = `expected one of ${eventTypes.join(', ')}, got ${kindOf(raw.type)}${typeof raw.type === 'string' ? ' that is none of them' : ''}`;
    return refused('unknown-type', 'type', message);
  }
  const checked = checkFields(type, raw, sure, circumstances.check);
  if (checked.kind === 'refused') return checked;
  const time = settleTime(checked.fields, circumstances);
  if ('problem' in time) return refused('bad-time', time.path, time.problem);
  return { kind: 'valid', type, timeMs: time.timeMs, fields: checked.fields };
}

/** Levels of objects inside one another, as NESTING_LEVELS_MAX counts them. */
const CALL_LEVEL = 1;
const PROPERTIES_LEVEL = 2;

/** What one walk without zod could settle. */
interface Sureness {
  readonly isCall: boolean;
  readonly isProperties: boolean;
  readonly isPropertiesSafe: boolean;
}

function surenessOf(type: EventType | undefined, raw: Record<string, unknown>): Sureness {
  if (type === undefined) return { isCall: false, isProperties: false, isPropertiesSafe: false };
  const isCall = callCheckOf(type).isSure(raw, CALL_LEVEL);
  if (type !== 'track') return { isCall, isProperties: isCall, isPropertiesSafe: isCall };
  const { event, properties } = raw;
  const check = typeof event === 'string' ? propertiesCheckOf(event) : undefined;
  const isProperties = check?.isSure(properties, PROPERTIES_LEVEL) ?? false;
  const isPropertiesSafe = isProperties || isSafe(properties, PROPERTIES_LEVEL);
  return { isCall, isProperties, isPropertiesSafe };
}

type CheckedFields =
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, unknown>> }
  | Refusal;

function checkFields(
  type: EventType,
  raw: Record<string, unknown>,
  sure: Sureness,
  check: PropertiesCheck | undefined,
): CheckedFields {
  const call = sure.isCall ? undefined : callCheckOf(type).settle(raw, CALL_LEVEL);
  const properties = type === 'track' ? checkProperties(raw, sure, check) : asTheyAre;
  if (call?.kind === 'wrong') {
    const issues = [...call.issues, ...properties.issues].slice(0, ISSUES_MAX);
    return { kind: 'refused', reason: 'bad-field', issues };
  }
  if (properties.issues.length > 0) {
    const { issues, reason = 'bad-properties' } = properties;
    return { kind: 'refused', reason, issues };
  }
  const settled = call?.fields ?? raw;
  if (namesNobody(settled.userId) && namesNobody(settled.anonymousId)) {
    return refused(
      'no-identity',
      'userId',
      'expected userId or anonymousId, got neither, or only what stands for none, such as "null"; send the id of the customer or of the device',
    );
  }
  const { changed } = properties;
  const fields = changed === undefined ? settled : { ...settled, properties: changed };
  return { kind: 'fields', fields };
}

interface CheckedProperties {
  readonly issues: readonly Issue[];
  readonly reason?: RefusalReason;
  /** The properties in settled form; nothing where they stay as they came. */
  readonly changed?: Readonly<Record<string, unknown>>;
}

const asTheyAre: CheckedProperties = { issues: [] };

function checkProperties(
  raw: Record<string, unknown>,
  sure: Sureness,
  check: PropertiesCheck | undefined,
): CheckedProperties {
  if (sure.isProperties) return asTheyAre;
  const name = typeof raw.event === 'string' ? raw.event : '';
  const properties = raw.properties ?? undefined;
  const known = propertiesCheckOf(name);
  if (known === undefined) return checkCustom(name, properties, check);
  const settled = known.settle(properties, PROPERTIES_LEVEL);
  if (settled.kind === 'wrong') return { issues: inProperties(settled.issues) };
  return settled.fields === properties ? asTheyAre : { issues: [], changed: settled.fields };
}

function checkCustom(
  name: string,
  properties: unknown,
  check: PropertiesCheck | undefined,
): CheckedProperties {
  if (properties !== undefined && !isJsonObject(properties)) {
    const parsed = optionalObject.safeParse(properties);
    return {
      issues: parsed.success ? [] : inProperties(issuesOf(parsed.error.issues, properties)),
    };
  }
  const verdict = check?.(name, properties) ?? 'fine';
  if (verdict === 'fine') return asTheyAre;
  if (verdict !== 'unregistered') return { issues: inProperties(verdict) };
  const message =
    'no schema is registered under this name and this source takes registered events only; register one, or set the source’s schemaMode to lenient';
  return { issues: [{ path: 'event', message }], reason: 'unregistered-event' };
}

function inProperties(issues: readonly Issue[]): Issue[] {
  return issues.map(({ path, message }) => ({
    path: path === '' ? 'properties' : `properties.${path}`,
    message,
  }));
}

type SettledTime = { timeMs: number } | { path: string; problem: string };

function settleTime(
  fields: Readonly<Record<string, unknown>>,
  circumstances: CallCircumstances,
): SettledTime {
  const path = isAbsent(fields.originalTimestamp) ? 'timestamp' : 'originalTimestamp';
  const happened = isAbsent(fields[path]) ? undefined : readTime(fields[path]);
  const { batchSentAt } = circumstances;
  const sent = batchSentAt ?? (isAbsent(fields.sentAt) ? undefined : readTime(fields.sentAt));
  return settleReadings(path, happened, sent, circumstances.receivedAtMs);
}

/**
 * When a call happened, by the receiver's clock: of what it says at `path`, and of when it says that it
 * was sent.
 */
export function settleReadings(
  path: 'timestamp' | 'originalTimestamp',
  happened: TimeReading | undefined,
  sent: TimeReading | undefined,
  receivedAtMs: number,
): SettledTime {
  if (happened !== undefined && 'problem' in happened) return { path, problem: happened.problem };
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
  return eventTypes.find((type) => type === raw.type);
}

function refused(reason: RefusalReason, path: string, message: string): Refusal {
  return { kind: 'refused', reason, issues: [{ path, message }] };
}

function namesNobody(id: unknown): boolean {
  return isAbsent(id) || (typeof id === 'string' && isPlaceholderId(id));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
