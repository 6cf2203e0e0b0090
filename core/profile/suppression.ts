import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import type { Channel } from './channel-consent.ts';
import type { Profile } from './profile.ts';
import { textOf } from './untyped-value.ts';

/**
 * Why nothing may be sent by email any more, since when (epoch ms), and the source that said so. The
 * latest counts; it ends by a later consent to email marketing and by nothing else.
 */
export const suppressionCauses = ['bounce', 'complaint', 'unsubscribed'] as const;
export const suppressionCause = z.enum(suppressionCauses);
export type SuppressionCause = z.infer<typeof suppressionCause>;

export const suppression = z.tuple([suppressionCause, z.number(), z.string()]).readonly();
export type Suppression = z.infer<typeof suppression>;

/** Names of the events that can close a channel. */
export const suppressionEvents: readonly string[] = [
  'Unsubscribed',
  'Email Marked as Spam',
  'Email Bounced',
  'Email Suppressed',
];

/** Longer than any ESP's name of a bounce. */
const REASON_LENGTH_MAX = 100;

/**
 * How ESPs name a bounce that will happen again: Braze, Klaviyo and Customer.io `hard`, SES `Permanent`, SendGrid
 * `bounce` (a passing one is `blocked`), Mailgun `bounce` and `suppress-bounce`, Postmark `HardBounce` and
 * `BadEmailAddress`. A bounce that says no type suppresses nothing.
 */
const hardBounces: ReadonlySet<string> = new Set([
  ...['hard', 'permanent', 'bounce', 'suppressbounce', 'hardbounce', 'bademailaddress'],
]);

/** What an event says against any further email; undefined for most. */
export function suppressionOf(event: CollectedEvent): Suppression | undefined {
  const cause = event.type === 'track' ? causeOf(event) : undefined;
  return cause === undefined ? undefined : [cause, happenedAtMs(event), event.source];
}

export function combineSuppression(a: Suppression, b: Suppression): Suppression {
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  if (a[0] !== b[0]) return a[0] > b[0] ? a : b;
  return a[2] >= b[2] ? a : b;
}

/** Whether a channel is closed. Only email can be: nothing else reports bounces and complaints yet. */
export function isSuppressed(
  { suppression: closed, channelConsent }: Pick<Profile, 'suppression' | 'channelConsent'>,
  channel: Channel,
): boolean {
  if (channel !== 'email' || closed === undefined) return false;
  const consent = channelConsent?.['email.marketing'];
  const isLifted = consent !== undefined && consent[0] === 1 && consent[1] > closed[1];
  return !isLifted;
}

function causeOf({ event, properties }: CollectedEvent): SuppressionCause | undefined {
  switch (event) {
    case 'Unsubscribed':
      return 'unsubscribed';
    case 'Email Marked as Spam':
      return 'complaint';
    case 'Email Bounced':
      return hardBounces.has(wordOf(properties?.bounce_type)) ? 'bounce' : undefined;
    case 'Email Suppressed':
      return causeOfReason(wordOf(properties?.reason));
    default:
      return undefined;
  }
}

/** Source: https://postmarkapp.com/developer/webhooks/subscription-change-webhook */
function causeOfReason(reason: string): SuppressionCause {
  if (reason === 'hardbounce') return 'bounce';
  return reason === 'spamcomplaint' ? 'complaint' : 'unsubscribed';
}

/** In small letters and nothing else. */
function wordOf(value: unknown): string {
  return (textOf(value, REASON_LENGTH_MAX) ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');
}
