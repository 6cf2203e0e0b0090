import { type CollectedEvent, EVENT_SCHEMA_VERSION, eventTypes, identityKinds } from './event.ts';
import { isJsonObject } from './json-value.ts';

/**
 * True only for what `collectedEvent` surely accepts and gives back as it is; false means "ask zod", never
 * "bad". The collector writes nothing else, and the schema costs several times a record's parsing.
 */
export function isSureEvent(record: unknown): record is CollectedEvent {
  return (
    isJsonObject(record) &&
    record.schemaVersion === EVENT_SCHEMA_VERSION &&
    isShortText(record.messageId, 100) &&
    types.has(record.type) &&
    areIdentities(record.identities) &&
    isTime(record.timestamp) &&
    isTime(record.receivedAt) &&
    typeof record.source === 'string' &&
    (record.sourcePriority === undefined || Number.isFinite(record.sourcePriority)) &&
    isOptionalText(record.event) &&
    // Of few events; the schema looks at it.
    record.formerIdentity === undefined &&
    record.rebuildId === undefined &&
    (record.replayed === undefined || record.replayed === true) &&
    isOptionalText(record.userId) &&
    isOptionalText(record.anonymousId) &&
    isOptionalObject(record.properties) &&
    isOptionalObject(record.traits) &&
    isOptionalObject(record.context) &&
    !Object.hasOwn(record, '__proto__')
  );
}

const types: ReadonlySet<unknown> = new Set(eventTypes);
const kinds: ReadonlySet<unknown> = new Set(identityKinds);

/** An identity's fields; one with more is cut to them by the schema. */
const IDENTITY_FIELDS = 2;

function areIdentities(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  for (const identity of value) {
    if (!isJsonObject(identity) || !kinds.has(identity.kind)) return false;
    if (!isShortText(identity.key, 64)) return false;
    if (Object.keys(identity).length !== IDENTITY_FIELDS) return false;
  }
  return true;
}

function isShortText(value: unknown, charactersMax: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= charactersMax;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/** An own `__proto__` is left to the schema, which leaves it out. */
function isOptionalObject(value: unknown): boolean {
  return value === undefined || (isJsonObject(value) && !Object.hasOwn(value, '__proto__'));
}

/** As `toISOString` writes it, on a day that every month has. */
const SURE_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const TIME_CHARACTERS = '2026-11-23T12:00:00.000Z'.length;

/** As `toISOString` writes it, and a day that there is. */
function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== TIME_CHARACTERS) return false;
  if (SURE_TIME.test(value)) return true;
  const timeMs = Date.parse(value);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString() === value;
}
