import { createHash } from 'node:crypto';
import { type ContextCircumstances, enrichedContext } from '../events/context/enrich-context.ts';
import { hashedEmail, isEmailAddress, mayHoldEmail } from '../events/email-address.ts';
import { type CollectedEvent, EVENT_SCHEMA_VERSION, type Identity } from '../events/event.ts';
import { isJsonObject } from '../events/json-value.ts';
import type { EventSource } from '../events/source.ts';
import type { ValidCall } from '../events/validate-call.ts';
import { emailSha256, type IdentityHasher, identityRef } from './identity-key.ts';
import { masked, withoutEmails } from './mask-emails.ts';

export interface CollectCircumstances extends ContextCircumstances {
  readonly source: EventSource;
  /** When the request came, ISO 8601 UTC. */
  readonly receivedAt: string;
  readonly hasher: IdentityHasher;
  /** Whether any address may be in the body; false spares the search through every text. */
  readonly mayHoldEmail: boolean;
  /** A fresh id for calls that bring none. */
  readonly newMessageId: () => string;
}

/**
 * Fields of a call that do not travel on as they came: the collector states its own, identifiers and
 * what may hold an address are settled one by one, and a write key is not for those who read events.
 */
const SETTLED_FIELDS: ReadonlySet<string> = new Set([
  ...['writeKey', 'schemaVersion', 'messageId', 'type', 'identities', 'source', 'sourcePriority'],
  ...['timestamp', 'receivedAt', 'userId', 'anonymousId', 'properties', 'traits', 'context'],
]);

/**
 * Turns a valid call into the event that goes on the stream: identifiers hashed, addresses gone
 * from every field, times in UTC. Pure: parts that need no change are shared with the call.
 */
export function collectEvent(call: ValidCall, circumstances: CollectCircumstances): CollectedEvent {
  const { source, receivedAt, newMessageId, hasher } = circumstances;
  const { fields } = call;
  const settled = settleIdentities(fields, enrichedContext(fields.context, circumstances));
  const event: CollectedEvent = {
    schemaVersion: EVENT_SCHEMA_VERSION,
    messageId: messageIdOf(fields.messageId, newMessageId),
    type: call.type,
    identities: identitiesOf(settled, hasher),
    source: source.sourceId,
    sourcePriority: source.priority,
    timestamp: new Date(call.timeMs).toISOString(),
    receivedAt,
  };
  if (circumstances.mayHoldEmail) Object.assign(event, cleanOf(addTravelling({}, fields, settled)));
  else addTravelling(event, fields, settled);
  return event;
}

/** Events of one customer share a partition: the strongest identity decides. */
export function partitionKeyOf(event: CollectedEvent): string {
  const [strongest] = event.identities;
  if (strongest === undefined) throw new Error('a collected event has at least one identity');
  return identityRef(strongest);
}

/**
 * Adds what the call says and the collector doesn't, field by field: an object that others were spread
 * into, or that fields were deleted from, is slow to serialise.
 */
function addTravelling(
  target: Record<string, unknown>,
  fields: Readonly<Record<string, unknown>>,
  settled: Settled,
): Record<string, unknown> {
  for (const name in fields) if (!SETTLED_FIELDS.has(name)) target[name] = fields[name];
  for (const name of PARTS) {
    const part = settled[name];
    if (part !== undefined && part !== null) target[name] = part;
  }
  return target;
}

const PARTS = ['userId', 'anonymousId', 'properties', 'traits', 'context'] as const;

/** What a call says of whom it is about, raw addresses replaced by their SHA-256. */
interface Settled {
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  readonly emailHashes: readonly string[];
  readonly properties: unknown;
  readonly traits: unknown;
  readonly context: unknown;
}

/**
 * Reads the identifiers and replaces raw addresses among them, none twice. An address in `properties`
 * counts only where nothing else names the customer's: on an event like "Gift Sent" it is somebody
 * else's.
 */
function settleIdentities(
  fields: Readonly<Record<string, unknown>>,
  enriched: Readonly<Record<string, unknown>> | undefined,
): Settled {
  const hashes: string[] = [];
  const userId = idOf(fields.userId, hashes);
  const anonymousId = idOf(fields.anonymousId, hashes);
  const context = contextOf(enriched ?? fields.context, hashes);
  const traits = takeEmail(fields.traits, hashes);
  const inProperties: string[] = [];
  const properties = takeEmail(fields.properties, inProperties);
  const emailHashes = hashes.length > 0 ? hashes : inProperties;
  return { userId, anonymousId, emailHashes, properties, traits, context };
}

/** The id, if it is one; an address in its place joins the hashes. */
function idOf(value: unknown, hashes: string[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  const sha256 = sha256OfId(value);
  if (sha256 === undefined) return value;
  hashes.push(sha256);
  return undefined;
}

function contextOf(context: unknown, hashes: string[]): unknown {
  if (!isJsonObject(context) || context.traits === undefined) return context;
  const traits = takeEmail(context.traits, hashes);
  return traits === context.traits ? context : { ...context, traits };
}

/** Strongest first: the user's id, addresses, the device. */
function identitiesOf(
  { userId, anonymousId, emailHashes }: Settled,
  hasher: IdentityHasher,
): Identity[] {
  const identities = userId === undefined ? [] : [hasher.of('userId', userId)];
  for (const sha256 of new Set(emailHashes)) identities.push(hasher.ofEmailSha256(sha256));
  if (anonymousId !== undefined) identities.push(hasher.of('anonymousId', anonymousId));
  return identities;
}

/** The address's SHA-256 where an id is an address, raw or as quarantine writes it. */
function sha256OfId(value: string): string | undefined {
  if (isEmailAddress(value)) return emailSha256(value);
  // Without its prefix a run of 64 hex digits is somebody's opaque id.
  return value.includes(':') ? hashedEmail(value) : undefined;
}

/** The object with `email` replaced by `email_sha256`, whose value is added to `hashes`. */
function takeEmail(value: unknown, hashes: string[]): unknown {
  if (!isJsonObject(value)) return value;
  const sha256 = typeof value.email === 'string' ? sha256OfAddress(value.email) : undefined;
  if (sha256 !== undefined) {
    hashes.push(sha256);
    const { email: _, ...rest } = value;
    return { ...rest, email_sha256: sha256 };
  }
  const stated =
    typeof value.email_sha256 === 'string' ? hashedEmail(value.email_sha256) : undefined;
  if (stated !== undefined) hashes.push(stated);
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
