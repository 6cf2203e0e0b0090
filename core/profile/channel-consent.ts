import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import type { Profile } from './profile.ts';
import { latestStatements, type Statements, statementOf } from './statement.ts';
import { fieldsOf } from './untyped-value.ts';

/**
 * Consent per channel and purpose, each with its time and source. The latest statement wins, of two
 * at once the refusal, which can do no harm. Consent to personalisation on every channel is not here but in
 * consent.ts: it decides about training too.
 */
export const channels = ['email', 'sms', 'push', 'web'] as const;
export type Channel = (typeof channels)[number];

export const purposes = [
  'marketing',
  'personalization',
  'analytics',
  'advertising',
  'functional',
] as const;
export type Purpose = (typeof purposes)[number];

/** Stands for every channel in a key. */
const EVERY_CHANNEL = '*';

/** By `<channel>.<purpose>`, e.g. `email.marketing` or `*.analytics`; 1 is granted, 0 refused. At most 24. */
export const channelConsent = z.record(z.string(), statementOf(z.literal([0, 1])));
export type ChannelConsent = Statements<0 | 1>;

export type ConsentAnswer = 'granted' | 'refused' | 'unknown';

/** What an event says of consent, by channel and purpose; undefined where it says nothing. */
export function channelConsentOf(event: CollectedEvent): ChannelConsent | undefined {
  const own = ownStatement(event);
  const ofMail = event.type === 'track' ? mailStatements.get(event.event ?? '') : undefined;
  // Each event is asked, and hardly any says something.
  if (own === undefined && ofMail === undefined && event.context?.consent === undefined) {
    return undefined;
  }
  const said = [
    ...categoriesIn(event),
    ...saidIn(fieldsOf(own), EVERY_CHANNEL),
    ...(ofMail === undefined ? [] : [ofMail]),
  ];
  if (said.length === 0) return undefined;
  const timeMs = happenedAtMs(event);
  return said
    .map(([key, granted]): ChannelConsent => ({ [key]: [granted ? 1 : 0, timeMs, event.source] }))
    .reduce(combineChannelConsent);
}

export function combineChannelConsent(a: ChannelConsent, b: ChannelConsent): ChannelConsent {
  return latestStatements(a, b, (x, y) => y - x);
}

/**
 * What the customer has said about a purpose on a channel: the later of what was said of this channel and
 * of all of them, of two at once the refusal.
 */
export function consentFor(
  profile: Pick<Profile, 'consent' | 'channelConsent'>,
  channel: Channel,
  purpose: Purpose,
): ConsentAnswer {
  const own = profile.channelConsent?.[`${channel}.${purpose}`];
  const general = profile.channelConsent?.[`${EVERY_CHANNEL}.${purpose}`];
  const overall = purpose === 'personalization' ? profile.consent?.personalization : undefined;
  const said = [
    ...[own, general].flatMap((each) =>
      each === undefined ? [] : [{ isGranted: each[0] === 1, timeMs: each[1] }],
    ),
    ...(overall === undefined ? [] : [{ isGranted: overall.granted, timeMs: overall.timeMs }]),
  ];
  const latestMs = Math.max(...said.map(({ timeMs }) => timeMs));
  const latest = said.filter(({ timeMs }) => timeMs === latestMs);
  if (latest.length === 0) return 'unknown';
  return latest.every(({ isGranted }) => isGranted) ? 'granted' : 'refused';
}

type Said = readonly [key: string, isGranted: boolean];

/**
 * Categories of Segment's consent context: a purpose, or a channel and a purpose (`email_marketing`,
 * `sms.analytics`). Source: https://segment.com/docs/privacy/consent-management/
 */
function categoriesIn({ context }: CollectedEvent): Said[] {
  if (context?.consent === undefined) return [];
  return saidIn(fieldsOf(fieldsOf(context.consent).categoryPreferences), EVERY_CHANNEL);
}

/** The trait `consent` of an identify, and the property `consent` of the preference centre's event. */
function ownStatement({ type, event, traits, properties }: CollectedEvent): unknown {
  if (type === 'identify') return traits?.consent;
  const isStatement = type === 'track' && event === 'Preferences Updated';
  return isStatement ? properties?.consent : undefined;
}

/** What an ESP reports: leaving and coming back are words about marketing by email. */
const mailStatements: ReadonlyMap<string, Said> = new Map([
  ['Unsubscribed', ['email.marketing', false]],
  ['Email Resubscribed', ['email.marketing', true]],
]);

/** `{marketing: true}`, `{email: {marketing: true}}` and `{email_marketing: true}`. */
function saidIn(fields: Readonly<Record<string, unknown>>, channel: string): Said[] {
  return Object.entries(fields).flatMap(([name, value]): Said[] => {
    if (typeof value === 'boolean') return keyOf(name, channel, value);
    const isChannel = channel === EVERY_CHANNEL && channels.some((known) => known === name);
    return isChannel ? saidIn(fieldsOf(value), name) : [];
  });
}

const PURPOSE = /^(?:([a-z]+)[._-])?([a-z]+)$/;

function keyOf(name: string, channel: string, isGranted: boolean): Said[] {
  const [, named, purpose] = PURPOSE.exec(name.toLowerCase()) ?? [];
  const isPurpose = purposes.some((known) => known === purpose);
  const of = named ?? channel;
  const isKnown = named === undefined || channels.some((known) => known === named);
  if (!isPurpose || !isKnown) return [];
  const key = `${of}.${purpose}`;
  // Of every channel: that is consent.ts's.
  return key === `${EVERY_CHANNEL}.personalization` ? [] : [[key, isGranted]];
}
