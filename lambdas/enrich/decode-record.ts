import type { CollectedEvent } from '../../core/events/event.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import { laneOf, NO_LANE } from '../../core/profile/evidence.ts';
import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import type { StreamRecord } from './stream-record.ts';

/** A record that is no event: kept whole, for a person to look at and to replay. */
export interface PoisonRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivedAtMs: number;
  /** Base64, as the stream gave it. */
  readonly data: string;
  /** Names fields and kinds of values, never values. */
  readonly cause: string;
}

export type DecodedRecord =
  | { readonly kind: 'event'; readonly delivered: DeliveredEvent }
  | { readonly kind: 'poison'; readonly poison: PoisonRecord };

/** Enough to see what is wrong with a record; a thousand order lines may all lack the same field. */
const ISSUES_MAX = 5;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads one record of the stream: one JSON document in UTF-8. */
export function decodeRecord(record: StreamRecord): DecodedRecord {
  const { shardId, sequenceNumber, partitionKey, arrivedAtMs, data } = record;
  const parsed = parseEvent(data);
  if (!parsed.ok) {
    const { cause } = parsed;
    const place = { shardId, sequenceNumber, partitionKey: partitionKey ?? '', arrivedAtMs };
    return { kind: 'poison', poison: { ...place, data, cause } };
  }
  const { event } = parsed;
  const refs = strongestFirst(event.identities);
  const lane = partitionKey === undefined ? NO_LANE : laneOf(partitionKey, refs[0] ?? '');
  const delivery = {
    lane,
    sequenceNumber,
    messageId: event.messageId,
    arrivedAtMs,
    ...(event.replayed && { firstReceivedMs: Date.parse(event.receivedAt) }),
  };
  const { formerIdentity } = event;
  const former =
    formerIdentity?.kind === 'userId' ? { formerRef: identityRef(formerIdentity) } : {};
  return { kind: 'event', delivered: { event, refs, ...former, delivery } };
}

type Parsed =
  | { readonly ok: true; readonly event: CollectedEvent }
  | { readonly ok: false; readonly cause: string };

function parseEvent(data: string): Parsed {
  let document: unknown;
  try {
    document = JSON.parse(utf8.decode(Buffer.from(data, 'base64')));
  } catch {
    // The parser's own message quotes the text, which may be personal.
    return { ok: false, cause: 'not a JSON document in UTF-8' };
  }
  const result = readStoredEvent(document);
  if (result.success) return { ok: true, event: result.data };
  const issues = result.error.issues
    .slice(0, ISSUES_MAX)
    .map(({ path, code }) => `${path.join('.') || 'document'}: ${code}`);
  return { ok: false, cause: `not a collected event: ${issues.join(', ')}` };
}
