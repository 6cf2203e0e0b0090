import { createHash } from 'node:crypto';
import type { ContextCircumstances } from '../events/context/enrich-context.ts';
import { withNamedIpsTruncated } from '../events/context/truncate-ip.ts';
import { jsonMayHoldEmail, mayHoldEmail } from '../events/email-address.ts';
import {
  type CollectedEvent,
  EVENT_SCHEMA_VERSION,
  type EventType,
  type Identity,
} from '../events/event.ts';
import type { AcceptedEvent } from '../events/inspection/make-fact.ts';
import { isPlaceholderId } from '../events/placeholder-id.ts';
import type { EventSource } from '../events/source.ts';
import type { ValidCall } from '../events/validate-call.ts';
import { type IdentityHasher, identityRef } from './identity-key.ts';
import { masked, withoutEmails } from './mask-emails.ts';
import { type ContextReading, readContext } from './read-context.ts';
import { sha256OfId, takeEmail } from './take-email.ts';

/** An event as it goes on the stream. */
export interface EventRecord {
  /** What is told of it where events are listed. */
  readonly event: AcceptedEvent;
  /** All of it: one JSON document and a line feed, in UTF-8. */
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

export interface CollectCircumstances extends ContextCircumstances {
  /** When the request came, ISO 8601 UTC. */
  readonly receivedAt: string;
  /** See sourceFields. */
  readonly sourceFields: string;
  readonly hasher: IdentityHasher;
  /** ESPs that ask by an HMAC of the address. */
  readonly espKeys?: readonly string[] | undefined;
  /** Whether any address may be in the body; false spares the search through every text. */
  readonly mayHoldEmail: boolean;
  /** A fresh id for calls that bring none. */
  readonly newMessageId: () => string;
}

/**
 * Fields of a call that do not travel on as they came: the collector states its own, identifiers and
 * what may hold an address are settled one by one, and a write key is not for those who read events.
 */
export const SETTLED_FIELDS: ReadonlySet<string> = new Set([
  ...['writeKey', 'schemaVersion', 'messageId', 'type', 'identities', 'source', 'sourcePriority'],
  ...['timestamp', 'receivedAt', 'userId', 'anonymousId', 'previousId', 'formerIdentity'],
  ...['replayed', 'rebuildId', 'properties', 'traits', 'context'],
]);

/**
 * Turns a valid call into the record that goes on the stream: identifiers hashed, addresses gone from every
 * field, times in UTC. The record is put together as text, because an object to be serialised would first
 * have to be made of the same parts, field by field.
 */
export function collectEvent(call: ValidCall, circumstances: CollectCircumstances): EventRecord {
  const { newMessageId, hasher } = circumstances;
  const { type, fields } = call;
  const context = readContext(fields.context, circumstances);
  const settled = settleIdentities(fields, context);
  const messageId = messageIdOf(fields.messageId, newMessageId);
  const identities = identitiesOf(type, settled, circumstances);
  const body = withNamedIpsTruncated(bodyOf(fields, settled, circumstances.mayHoldEmail));
  const former = type === 'alias' ? formerIdentityOf(settled, hasher) : undefined;
  const statement = statementOf(type, identities, circumstances, former);
  const head = headOf(messageId, call.timeMs, statement, circumstances.receivedAt);
  const contextField = context.json === '' ? '' : `,"context":${context.json}`;
  const data = Buffer.from(`${head}${body}${contextField}}\n`);
  const name = typeof fields.event === 'string' ? { event: fields.event } : {};
  const event = { messageId, type, receivedAt: circumstances.receivedAt, ...name };
  return { event, data, partitionKey: partitionKeyOf({ identities }) };
}

/** What the collector itself states: the beginning of a record, up to the last of its own fields. */
function headOf(messageId: string, timeMs: number, statement: string, receivedAt: string): string {
  return `${HEAD_START}${jsonOf(messageId)}${statement}"${new Date(timeMs).toISOString()}","receivedAt":"${receivedAt}"`;
}

/** A record begins so. */
export const HEAD_START = `{"schemaVersion":${EVENT_SCHEMA_VERSION},"messageId":`;

/** What stands between a record's id and its time: the same for most records of a request. */
export function statementOf(
  type: EventType,
  identities: readonly Identity[],
  { sourceFields }: Pick<CollectCircumstances, 'sourceFields'>,
  former?: Identity,
): string {
  const formerField = former === undefined ? '' : `"formerIdentity":${jsonOfIdentity(former)},`;
  return `,"type":"${type}","identities":${jsonOfIdentities(identities)},${formerField}${sourceFields},"timestamp":`;
}

/** What a record says of the source: the same for all records of a request. */
export function sourceFields({ sourceId, priority }: EventSource): string {
  return `"source":${JSON.stringify(sourceId)},"sourcePriority":${priority}`;
}

/** Events of one customer share a partition: the strongest identity decides. */
export function partitionKeyOf({ identities }: Pick<CollectedEvent, 'identities'>): string {
  const [strongest] = identities;
  if (strongest === undefined) throw new Error('a collected event has at least one identity');
  return identityRef(strongest);
}

/** What the call says and the collector doesn't: `,"name":value` again and again. */
function bodyOf(
  fields: Readonly<Record<string, unknown>>,
  settled: Settled,
  mayHoldEmail: boolean,
): string {
  let text = '';
  for (const name in fields) {
    if (!SETTLED_FIELDS.has(name)) text += fieldOf(name, fields[name], mayHoldEmail);
  }
  for (const name of PARTS) {
    const part = settled[name];
    if (part !== undefined && part !== null) text += fieldOf(name, part, mayHoldEmail);
  }
  return text;
}

const PARTS = ['userId', 'anonymousId', 'previousId', 'properties', 'traits'] as const;

function fieldOf(name: string, value: unknown, mayHoldEmail: boolean): string {
  if (value === undefined) return '';
  const json = `${jsonOf(name)}:${jsonOf(value)}`;
  if (!mayHoldEmail || !jsonMayHoldEmail(json)) return `,${json}`;
  // In an object, as the field's name too may hold an address.
  const field = JSON.stringify(withoutEmails({ [name]: value }, masked));
  return `,${field.slice(1, -1)}`;
}

/** What JSON writes as it is, between quotes. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

/** As `JSON.stringify`, which takes its time to begin. */
function jsonOf(value: unknown): string {
  return typeof value === 'string' && PLAIN_TEXT.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** Kinds and keys need no escapes. */
function jsonOfIdentities(identities: readonly Identity[]): string {
  let text = '';
  for (const identity of identities) {
    text += `${text === '' ? '[' : ','}${jsonOfIdentity(identity)}`;
  }
  return `${text}]`;
}

function jsonOfIdentity({ kind, key }: Identity): string {
  return `{"kind":"${kind}","key":"${key}"}`;
}

/** What a call says of whom it is about, raw addresses replaced by their SHA-256. */
interface Settled {
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  /** Of an `alias`: a device's id or a user's, nobody says which. */
  readonly previousId: unknown;
  readonly emailHashes: readonly string[];
  readonly properties: unknown;
  readonly traits: unknown;
}

/**
 * Reads the identifiers and replaces raw addresses among them, none twice. An address in `properties`
 * counts only where nothing else names the customer's: on an event like "Gift Sent" it is somebody
 * else's.
 */
function settleIdentities(
  fields: Readonly<Record<string, unknown>>,
  context: ContextReading,
): Settled {
  const hashes: string[] = [];
  const userId = idOf(fields.userId, hashes);
  const anonymousId = idOf(fields.anonymousId, hashes);
  // Of any other call it is a field as any.
  const { previousId: stated } = fields;
  const previousId = typeof stated === 'string' ? idOf(stated, hashes) : stated;
  hashes.push(...context.emailHashes);
  const traits = takeEmail(fields.traits, hashes);
  const inProperties: string[] = [];
  const properties = takeEmail(fields.properties, inProperties);
  const emailHashes = hashes.length > 0 ? hashes : inProperties;
  return { userId, anonymousId, previousId, emailHashes, properties, traits };
}

/** The id, if it is one; an address in its place joins the hashes. */
function idOf(value: unknown, hashes: string[]): string | undefined {
  if (typeof value !== 'string' || isPlaceholderId(value)) return undefined;
  const sha256 = sha256OfId(value);
  if (sha256 === undefined) return value;
  hashes.push(sha256);
  return undefined;
}

/**
 * Strongest first: the user's id, addresses, the device; of an `alias` also what it says the customer was
 * before, taken as a device.
 */
function identitiesOf(
  type: EventType,
  { userId, anonymousId, previousId, emailHashes }: Settled,
  { hasher, espKeys = [] }: CollectCircumstances,
): Identity[] {
  const identities = userId === undefined ? [] : [hasher.of('userId', userId)];
  const hashes = new Set(emailHashes);
  for (const sha256 of hashes) identities.push(hasher.ofEmailSha256(sha256));
  // Behind the form that every source gives: that one founds the profile of an address.
  for (const sha256 of hashes) {
    for (const esp of espKeys) identities.push(hasher.ofEmailForEsp(esp, sha256));
  }
  if (anonymousId !== undefined) identities.push(hasher.of('anonymousId', anonymousId));
  const isFormerDevice =
    type === 'alias' && typeof previousId === 'string' && previousId !== anonymousId;
  if (isFormerDevice) identities.push(hasher.of('anonymousId', previousId));
  return identities;
}

/**
 * The same id taken as a user's: whether it was one, only the store can tell.
 * Source: https://segment.com/docs/connections/spec/alias/
 */
function formerIdentityOf(
  { userId, anonymousId, previousId }: Settled,
  hasher: IdentityHasher,
): Identity | undefined {
  const isUser =
    userId !== undefined &&
    typeof previousId === 'string' &&
    previousId !== userId &&
    previousId !== anonymousId;
  return isUser ? hasher.of('userId', previousId) : undefined;
}

function messageIdOf(value: unknown, newMessageId: () => string): string {
  if (typeof value !== 'string') return newMessageId();
  // Masking would make different ids equal, and equal ids are dropped as duplicates.
  if (mayHoldEmail(value)) return createHash('sha256').update(value).digest('hex');
  return value;
}
