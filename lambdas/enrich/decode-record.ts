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
  const delivered: DeliveredEvent = {
    event,
    refs,
    formerRef:
      event.formerIdentity?.kind === 'userId' ? identityRef(event.formerIdentity) : undefined,
    // Every field each time: what is of one form is read faster, and each event's is read dozens of times.
    delivery: {
      lane,
      sequenceNumber,
      messageId: event.messageId,
      arrivedAtMs,
      firstReceivedMs: event.replayed === true ? Date.parse(event.receivedAt) : undefined,
      proof: undefined,
    },
  };
  return { kind: 'event', delivered };
}

type Parsed =
  | { readonly ok: true; readonly event: CollectedEvent }
  | { readonly ok: false; readonly cause: string };

function parseEvent(data: string): Parsed {
  let document: unknown;
  try {
    document = JSON.parse(utf8TextOf(data));
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

const utf8 = new TextDecoder('utf-8', { fatal: true });
const BYTE_ORDER_MARK = '\uFEFF';
const REPLACEMENT = '\uFFFD';

/** Of most records; a buffer for each would cost an eighth of reading it. */
const scratch = Buffer.allocUnsafe(65_536);

/** As a fatal TextDecoder, in less time. @throws TypeError where the bytes are not UTF-8. */
function utf8TextOf(base64: string): string {
  const isLong = (base64.length / 4) * 3 > scratch.length;
  const bytes = isLong ? Buffer.from(base64, 'base64') : scratch;
  const length = isLong ? bytes.length : bytes.write(base64, 'base64');
  const text = bytes.toString('utf8', 0, length);
  // What is no UTF-8 becomes this character; but the text may as well hold it itself.
  if (text.includes(REPLACEMENT)) return utf8.decode(bytes.subarray(0, length));
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
