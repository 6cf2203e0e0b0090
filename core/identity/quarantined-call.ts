import { createHash } from 'node:crypto';
import { withNamedIpsTruncated } from '../events/context/truncate-ip.ts';
import { EVENT_SCHEMA_VERSION } from '../events/event.ts';
import type { Issue } from '../events/issue.ts';
import { isJsonObject } from '../events/json-value.ts';
import type { RefusedCall } from './collect-calls.ts';
import { hashed, withoutEmails } from './mask-emails.ts';

/** A refused call as quarantine keeps it: whole but for raw addresses, and ready to be sent again. */
export interface QuarantinedCall {
  /** The same call refused for the same reason has the same id: a client's retry adds nothing. */
  readonly id: string;
  readonly receivedAt: string;
  readonly source: string;
  readonly reason: string;
  readonly issues: readonly Issue[];
  readonly schemaVersion: number;
  readonly event: unknown;
}

/** Hex digits of an id: 128 bits are collision-free for any number of calls. */
const ID_DIGITS = 32;

export function quarantinedCall(
  refused: RefusedCall,
  source: string,
  receivedAtMs: number,
): QuarantinedCall {
  const event = withoutIps(withoutEmails(withoutWriteKey(refused.call), hashed));
  const id = createHash('sha256')
    .update(JSON.stringify([source, refused.reason, event]))
    .digest('hex')
    .slice(0, ID_DIGITS);
  return {
    id,
    receivedAt: new Date(receivedAtMs).toISOString(),
    source,
    reason: refused.reason,
    issues: refused.issues,
    schemaVersion: EVENT_SCHEMA_VERSION,
    event,
  };
}

function withoutIps(event: unknown): unknown {
  const json = JSON.stringify(event);
  const truncated = withNamedIpsTruncated(json);
  return truncated === json ? event : JSON.parse(truncated);
}

function withoutWriteKey(call: unknown): unknown {
  if (!isJsonObject(call)) return call;
  const { writeKey: _, ...rest } = call;
  return rest;
}
