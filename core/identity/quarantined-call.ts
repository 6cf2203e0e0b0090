import { hash } from 'node:crypto';
import * as z from 'zod';
import { withNamedIpsTruncated } from '../events/context/truncate-ip.ts';
import { jsonMayHoldEmail } from '../events/email-address.ts';
import { EVENT_SCHEMA_VERSION, type EventType, eventType } from '../events/event.ts';
import type { TimeReading } from '../events/event-time.ts';
import { isJsonObject } from '../events/json-value.ts';
import type { RefusedCall } from './collect-calls.ts';
import { hashed, withoutEmails } from './mask-emails.ts';

/** A refused call as quarantine keeps it: whole but for raw addresses, and ready to be sent again. */
export const quarantinedCallDocument = z.object({
  /** The same call refused for the same reason has the same id: a client's retry adds nothing. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  receivedAt: z.iso.datetime(),
  source: z.string(),
  reason: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })),
  schemaVersion: z.int(),
  /** What the way in said the call is; a call sent to `/v1/track` need not say it itself. */
  type: eventType.optional(),
  /** The batch's `sentAt`, epoch milliseconds, by which event times are set right. */
  batchSentAtMs: z.number().optional(),
  event: z.unknown(),
});
export type QuarantinedCall = Readonly<z.infer<typeof quarantinedCallDocument>>;

/** What is known of a call beside what it says. */
export interface RefusedCircumstances {
  readonly source: string;
  readonly receivedAtMs: number;
  readonly type?: EventType;
  readonly batchSentAt?: TimeReading;
}

/** Hex digits of an id: 128 bits are collision-free for any number of calls. */
const ID_DIGITS = 32;

export function quarantinedCall(
  refused: RefusedCall,
  { source, receivedAtMs, type, batchSentAt }: RefusedCircumstances,
): QuarantinedCall {
  const { event, json } = cleaned(refused);
  const origin = `${JSON.stringify(source)},${JSON.stringify(refused.reason)}`;
  const id = hash('sha256', `[${origin},${json}]`, 'hex').slice(0, ID_DIGITS);
  return {
    id,
    receivedAt: new Date(receivedAtMs).toISOString(),
    source,
    reason: refused.reason,
    issues: [...refused.issues],
    schemaVersion: EVENT_SCHEMA_VERSION,
    ...(type === undefined ? {} : { type }),
    ...(batchSentAt !== undefined && 'timeMs' in batchSentAt
      ? { batchSentAtMs: batchSentAt.timeMs }
      : {}),
    event,
  };
}

interface Cleaned {
  readonly event: unknown;
  readonly json: string;
}

/** The call without its key, and without addresses of people and of networks' members. */
function cleaned({ call, reason }: RefusedCall): Cleaned {
  const said = withoutWriteKey(call);
  // What is nested too deep can't be written before it is cut.
  const event = reason === 'unsafe-structure' ? withoutEmails(said, hashed) : said;
  const json = JSON.stringify(event);
  // Most calls hold no address, and are neither copied nor written twice.
  if (!jsonMayHoldEmail(json)) return withoutIps({ event, json });
  const masked = withoutEmails(event, hashed);
  return withoutIps({ event: masked, json: JSON.stringify(masked) });
}

function withoutIps({ event, json }: Cleaned): Cleaned {
  const truncated = withNamedIpsTruncated(json);
  return truncated === json ? { event, json } : { event: JSON.parse(truncated), json: truncated };
}

function withoutWriteKey(call: unknown): unknown {
  if (!isJsonObject(call)) return call;
  const { writeKey: _, ...rest } = call;
  return rest;
}
