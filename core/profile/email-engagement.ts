import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import type { Profile } from './profile.ts';
import { fieldsOf } from './untyped-value.ts';

export type EmailEngagement = Profile['email'];

/**
 * How senders mark opens and clicks that a mail program or a scanner made: our webhooks'
 * `machine_open` and `machine_click`, SendGrid's `sg_machine_open`, Braze's `machine_open` and
 * `is_suspected_bot_click`, Customer.io's `prefetched`, and `is_bot` of link scanners.
 */
const machineMarks = [
  'machine_open',
  'machine_click',
  'sg_machine_open',
  'is_suspected_bot_click',
  'prefetched',
  'is_bot',
] as const;

/** Braze's files write the mark as text. */
const MARKED: readonly unknown[] = [true, 'true'];

const OPENED = 'Email Opened';
const CLICKED = 'Email Link Clicked';
/** Names of the events that can be engagement. */
export const emailEvents: readonly string[] = [OPENED, CLICKED];

/** What an event adds to the customer's engagement; machines engage with nothing. */
export function emailEngagementOf(event: CollectedEvent): EmailEngagement {
  const isHuman = event.type === 'track' && !isMadeByMachine(event);
  return {
    openCount: isHuman && event.event === OPENED ? 1 : 0,
    clickCount: isHuman && event.event === CLICKED ? 1 : 0,
  };
}

export function combineEmailEngagement(a: EmailEngagement, b: EmailEngagement): EmailEngagement {
  return { openCount: a.openCount + b.openCount, clickCount: a.clickCount + b.clickCount };
}

function isMadeByMachine(event: CollectedEvent): boolean {
  if (isMadeByBot(event.context)) return true;
  const properties = fieldsOf(event.properties);
  const context = fieldsOf(event.context);
  return machineMarks.some(
    (mark) => MARKED.includes(properties[mark]) || MARKED.includes(context[mark]),
  );
}
