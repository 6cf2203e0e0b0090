import { createHash } from 'node:crypto';
import { type ContextCircumstances, enrichedContext } from '../events/context/enrich-context.ts';
import { hashedEmail, isEmailAddress, mayHoldEmail } from '../events/email-address.ts';
import { type CollectedEvent, EVENT_SCHEMA_VERSION, type Identity } from '../events/event.ts';
import { isJsonObject } from '../events/json-value.ts';
import type { EventSource } from '../events/source.ts';
import type { ValidCall } from '../events/validate-call.ts';
import { emailSha256, emailSha256Identity, identityOf, identityRef } from './identity-key.ts';
import { masked, withoutEmails } from './mask-emails.ts';

export interface CollectCircumstances extends ContextCircumstances {
  readonly source: EventSource;
  readonly receivedAtMs: number;
  readonly identitySecret: string;
  /** Whether any address may be in the body; false spares the search through every text. */
  readonly mayHoldEmail: boolean;
  /** A fresh id for calls that bring none. */
  readonly newMessageId: () => string;
}

/**
 * Fields of a call that do not travel on: the collector states its own, and a write key is not for
 * those who read events.
 */
const OWN_FIELDS = ['writeKey', 'schemaVersion', 'source', 'sourcePriority', 'receivedAt'] as const;

/**
 * Turns a valid call into the event that goes on the stream: identifiers hashed, addresses gone
 * from every field, times in UTC. Pure; takes ownership of `call.fields`.
 */
export function collectEvent(call: ValidCall, circumstances: CollectCircumstances): CollectedEvent {
  const { source, receivedAtMs, identitySecret, newMessageId } = circumstances;
  const fields: Record<string, unknown> = { ...call.fields };
  for (const name of OWN_FIELDS) delete fields[name];
  const context = enrichedContext(fields.context, circumstances);
  if (context !== undefined) fields.context = context;
  const identities = takeIdentities(fields, identitySecret);
  const messageId = messageIdOf(fields.messageId, newMessageId);
  const clean = circumstances.mayHoldEmail ? cleanOf(fields) : fields;
  for (const name of ['properties', 'traits', 'context'] as const) {
    if (clean[name] === null) delete clean[name];
  }
  return {
    ...clean,
    schemaVersion: EVENT_SCHEMA_VERSION,
    messageId,
    type: call.type,
    identities,
    source: source.sourceId,
    sourcePriority: source.priority,
    timestamp: new Date(call.timeMs).toISOString(),
    receivedAt: new Date(receivedAtMs).toISOString(),
  };
}

/** Events of one customer share a partition: the strongest identity decides. */
export function partitionKeyOf(event: CollectedEvent): string {
  const [strongest] = event.identities;
  if (strongest === undefined) throw new Error('a collected event has at least one identity');
  return identityRef(strongest);
}

/**
 * Reads the identifiers and replaces raw addresses among them: strongest first, none twice. An
 * address in `properties` counts only where nothing else names the customer's: on an event like
 * "Gift Sent" it is somebody else's.
 */
function takeIdentities(fields: Record<string, unknown>, secret: string): Identity[] {
  const ids: Identity[] = [];
  const emailHashes = new Set<string>();
  for (const kind of ['userId', 'anonymousId'] as const) {
    const value = fields[kind];
    if (typeof value !== 'string') {
      delete fields[kind];
      continue;
    }
    const sha256 = sha256OfId(value);
    if (sha256 === undefined) {
      ids.push(identityOf(kind, value, secret));
    } else {
      emailHashes.add(sha256);
      delete fields[kind];
    }
  }
  const context = fields.context;
  if (isJsonObject(context)) {
    const taken = takeEmail(context.traits, emailHashes);
    if (taken !== context.traits) fields.context = { ...context, traits: taken };
  }
  fields.traits = takeEmail(fields.traits, emailHashes);
  if (fields.traits === undefined) delete fields.traits;
  const fromProperties = new Set<string>();
  fields.properties = takeEmail(fields.properties, fromProperties);
  if (fields.properties === undefined) delete fields.properties;
  const emails = emailHashes.size > 0 ? emailHashes : fromProperties;
  return [
    ...ids.filter((identity) => identity.kind === 'userId'),
    ...[...emails].map((sha256) => emailSha256Identity(sha256, secret)),
    ...ids.filter((identity) => identity.kind === 'anonymousId'),
  ];
}

/** The address's SHA-256 where an id is an address, raw or as quarantine writes it. */
function sha256OfId(value: string): string | undefined {
  if (isEmailAddress(value)) return emailSha256(value);
  // Without its prefix a run of 64 hex digits is somebody's opaque id.
  return value.includes(':') ? hashedEmail(value) : undefined;
}

/** The object with `email` replaced by `email_sha256`, whose value is added to `hashes`. */
function takeEmail(value: unknown, hashes: Set<string>): unknown {
  if (!isJsonObject(value)) return value;
  const { email, ...rest } = value;
  const sha256 = typeof email === 'string' ? sha256OfAddress(email) : undefined;
  if (sha256 !== undefined) {
    hashes.add(sha256);
    return { ...rest, email_sha256: sha256 };
  }
  const stated =
    typeof value.email_sha256 === 'string' ? hashedEmail(value.email_sha256) : undefined;
  if (stated !== undefined) hashes.add(stated);
  return value;
}

function sha256OfAddress(text: string): string | undefined {
  return isEmailAddress(text) ? emailSha256(text) : hashedEmail(text);
}

function messageIdOf(value: unknown, newMessageId: () => string): string {
  if (typeof value !== 'string') return newMessageId();
  // Masking would make different ids equal, and equal ids are dropped as duplicates.
  if (mayHoldEmail(value)) return createHash('sha256').update(value).digest('hex');
  return value;
}

function cleanOf(fields: Record<string, unknown>): Record<string, unknown> {
  const clean = withoutEmails(fields, masked);
  return isJsonObject(clean) ? clean : {};
}
