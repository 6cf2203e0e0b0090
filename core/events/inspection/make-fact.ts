import { createHash } from 'node:crypto';
import { withTruncatedIps } from '../context/truncate-ip.ts';
import { mayHoldEmail, replaceEmails } from '../email-address.ts';
import { type EventType, eventType } from '../event.ts';
import type { Issue } from '../issue.ts';
import { isJsonObject } from '../json-value.ts';
import { MESSAGE_ID_CHARACTERS_MAX } from '../limits.ts';
import type { Fact } from './fact.ts';

/** Issues of one event: enough to repair it. */
const ISSUES_MAX = 3;
/** Of an event's name, a path or a message. */
const TEXT_CHARACTERS_MAX = 160;

export interface AcceptedEvent {
  readonly messageId: string;
  readonly type: EventType;
  readonly event?: string | undefined;
  readonly receivedAt: string;
}

export function eventFact(fate: 'accepted' | 'folded' | 'duplicate', event: AcceptedEvent): Fact {
  const { messageId, type, receivedAt } = event;
  const name = event.event === undefined ? {} : { event: shortened(event.event) };
  return { fate, messageId, type, ...name, receivedAt };
}

/** The fact of a refused call, of which nothing is known to be as it should. */
export function quarantinedFact(
  refused: { readonly reason: string; readonly issues: readonly Issue[]; readonly call: unknown },
  receivedAtMs: number,
): Fact {
  const call = isJsonObject(refused.call) ? refused.call : {};
  const type = eventType.safeParse(call.type).data;
  const messageId = inspectedMessageId(call.messageId);
  const issues = refused.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    path: shortened(path),
    message: shortened(message),
  }));
  return {
    fate: 'quarantined',
    ...(messageId !== undefined && { messageId }),
    ...(type !== undefined && { type }),
    ...(typeof call.event === 'string' && { event: shortened(call.event) }),
    reason: refused.reason,
    issues,
    receivedAt: new Date(receivedAtMs).toISOString(),
  };
}

export function poisonFact(cause: string, arrivedAtMs: number): Fact {
  const receivedAt = new Date(arrivedAtMs).toISOString();
  return { fate: 'poison', reason: shortened(cause), receivedAt };
}

/** As an accepted event's id would be written, so that one can be looked for like the other. */
export function inspectedMessageId(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (mayHoldEmail(value)) return createHash('sha256').update(value).digest('hex');
  return value.slice(0, MESSAGE_ID_CHARACTERS_MAX);
}

/** Names and paths are the sender's own words, in which an address can stand. */
function shortened(text: string): string {
  const clean = withTruncatedIps(replaceEmails(text, () => '(email)'));
  if (clean.length <= TEXT_CHARACTERS_MAX) return clean;
  return `${clean.slice(0, TEXT_CHARACTERS_MAX - 1)}…`;
}
