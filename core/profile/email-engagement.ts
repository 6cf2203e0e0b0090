import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
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

/** Names of the events that say something of engagement. */
export const emailEvents: readonly string[] = [
  'Email Sent',
  'Email Delivered',
  'Email Opened',
  'Email Link Clicked',
];

/** Braze's files write the mark as text. */
const MARKED: readonly unknown[] = [true, 'true'];

/**
 * What an event adds to the customer's engagement; machines engage with nothing. What was sent and delivered
 * is counted too, as an opening alone is no rate.
 */
export function emailEngagementOf(event: CollectedEvent): EmailEngagement {
  if (event.type !== 'track') return NOTHING;
  switch (event.event) {
    case 'Email Sent':
      return { ...NOTHING, sentCount: 1 };
    case 'Email Delivered':
      return { ...NOTHING, deliveredCount: 1 };
    case 'Email Opened':
      if (isMadeByMachine(event)) return NOTHING;
      return { ...NOTHING, openCount: 1, lastOpenMs: happenedAtMs(event) };
    case 'Email Link Clicked':
      if (isMadeByMachine(event)) return NOTHING;
      return { ...NOTHING, clickCount: 1, lastClickMs: happenedAtMs(event) };
    default:
      return NOTHING;
  }
}

const NOTHING: EmailEngagement = { openCount: 0, clickCount: 0 };

/** Sums and latest times: commutative and associative. */
export function combineEmailEngagement(a: EmailEngagement, b: EmailEngagement): EmailEngagement {
  if (b === NOTHING) return a;
  const sentCount = (a.sentCount ?? 0) + (b.sentCount ?? 0);
  const deliveredCount = (a.deliveredCount ?? 0) + (b.deliveredCount ?? 0);
  const lastOpenMs = Math.max(a.lastOpenMs ?? 0, b.lastOpenMs ?? 0);
  const lastClickMs = Math.max(a.lastClickMs ?? 0, b.lastClickMs ?? 0);
  return {
    openCount: a.openCount + b.openCount,
    clickCount: a.clickCount + b.clickCount,
    ...(sentCount > 0 && { sentCount }),
    ...(deliveredCount > 0 && { deliveredCount }),
    ...(lastOpenMs > 0 && { lastOpenMs }),
    ...(lastClickMs > 0 && { lastClickMs }),
  };
}

/** Whether a mail program, a scanner or another bot made it, whoever says so. */
export function isMadeByMachine(event: Pick<CollectedEvent, 'properties' | 'context'>): boolean {
  if (isMadeByBot(event.context)) return true;
  const properties = fieldsOf(event.properties);
  const context = fieldsOf(event.context);
  return machineMarks.some(
    (mark) => MARKED.includes(properties[mark]) || MARKED.includes(context[mark]),
  );
}
