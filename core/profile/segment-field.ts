import { affinitiesAt, labelOf } from './affinities.ts';
import { openCartOf } from './cart.ts';
import { channels, consentFor, purposes } from './channel-consent.ts';
import { nextPurchaseOf } from './next-purchase.ts';
import type { Profile } from './profile.ts';
import { type RfmBands, rfmOf } from './rfm.ts';
import { isSuppressed } from './suppression.ts';

/** What a condition of a segment can be about. */
export interface SegmentMoment {
  readonly nowMs: number;
  readonly bands: RfmBands;
}

/** Undefined where nothing is known. */
type Reader = (profile: Profile, name: string, moment: SegmentMoment) => unknown;

interface FieldFamily {
  /** As it is documented; `…` stands for a name. */
  readonly form: string;
  readonly meaning: string;
  /** Its first group is the name, where it has one. */
  readonly pattern: RegExp;
  readonly read: Reader;
}

const DAY_MS = 86_400_000;
const NAME = '(.{1,64})';

/** Every field that a condition can name. */
export const segmentFields: readonly FieldFamily[] = [
  named('traits.…', 'the value of a trait', (profile, name) => profile.traits[name]?.value),
  named(
    'preferences.…',
    'the latest answer of the preference centre or a survey',
    (profile, name) => profile.preferences?.[name]?.[0],
  ),
  named('affinity.category.…', 'the affinity for a category now', (profile, name, { nowMs }) =>
    affinityFor(profile.affinities?.c, name, nowMs),
  ),
  named('affinity.brand.…', 'the affinity for a brand now', (profile, name, { nowMs }) =>
    affinityFor(profile.affinities?.b, name, nowMs),
  ),
  ...channels.flatMap((channel) =>
    purposes.map((purpose) =>
      field(`consent.${channel}.${purpose}`, '`granted`, `refused` or `unknown`', (profile) =>
        consentFor(profile, channel, purpose),
      ),
    ),
  ),
  field('suppressed.email', 'whether nothing may be sent by email', (profile) =>
    isSuppressed(profile, 'email'),
  ),
  field('orders.count', 'orders', ({ orders }) => orders.count),
  field('orders.refundCount', 'refunds and cancellations', ({ orders }) => orders.refundCount),
  field('orders.daysSinceLast', 'days since the last order', ({ orders }, _, { nowMs }) =>
    daysSince(orders.lastAtMs, nowMs),
  ),
  field('orders.daysSinceFirst', 'days since the first order', ({ orders }, _, { nowMs }) =>
    daysSince(orders.firstAtMs, nowMs),
  ),
  field('rfm.recency', 'score from 1 to 5', scoreOf('recency')),
  field('rfm.frequency', 'score from 1 to 5', scoreOf('frequency')),
  field('rfm.monetary', 'score from 1 to 5, in the shop’s currency', scoreOf('monetary')),
  field('rfm.spentMinor', 'spent in the shop’s currency, minor units', scoreOf('spentMinor')),
  field('nextPurchase.daysUntil', 'days until the next purchase is expected', daysUntilPurchase),
  field('cart.state', '`none`, `open` or `abandoned`', (profile) => {
    const open = openCartOf(profile);
    return open === undefined ? 'none' : open.isAbandoned ? 'abandoned' : 'open';
  }),
  field('seen.daysSinceFirst', 'days since the first event', (profile, _, { nowMs }) =>
    daysSince(profile.firstSeenMs, nowMs),
  ),
  field('seen.daysSinceLast', 'days since the latest event', (profile, _, { nowMs }) =>
    daysSince(profile.lastSeenMs, nowMs),
  ),
  field('email.openCount', 'openings by a person', ({ email }) => email.openCount),
  field('email.clickCount', 'clicks by a person', ({ email }) => email.clickCount),
  field('email.daysSinceOpen', 'days since the latest opening', ({ email }, _, { nowMs }) =>
    daysSince(email.lastOpenMs, nowMs),
  ),
  field('email.daysSinceClick', 'days since the latest click', ({ email }, _, { nowMs }) =>
    daysSince(email.lastClickMs, nowMs),
  ),
];

/** Reads a field, or undefined where there is no field of this name. */
export function segmentFieldOf(
  name: string,
): ((profile: Profile, moment: SegmentMoment) => unknown) | undefined {
  for (const { pattern, read } of segmentFields) {
    const match = pattern.exec(name);
    if (match !== null) return (profile, moment) => read(profile, match[1] ?? '', moment);
  }
  return undefined;
}

function field(form: string, meaning: string, read: Reader): FieldFamily {
  return { form, meaning, pattern: new RegExp(`^${form.replaceAll('.', '\\.')}$`, 'u'), read };
}

function named(form: string, meaning: string, read: Reader): FieldFamily {
  const pattern = form.replaceAll('.', '\\.').replace('…', NAME);
  return { form, meaning, pattern: new RegExp(`^${pattern}$`, 'u'), read };
}

function scoreOf(name: 'recency' | 'frequency' | 'monetary' | 'spentMinor'): Reader {
  return (profile, _, { bands, nowMs }) => rfmOf(profile, bands, nowMs)?.[name];
}

/** Nothing is known of a label that is not kept: none of it. */
function affinityFor(
  labels: NonNullable<Profile['affinities']>['c'],
  name: string,
  nowMs: number,
): number {
  const label = labelOf(name);
  return affinitiesAt(labels, nowMs).find(([each]) => each === label)?.[1] ?? 0;
}

function daysUntilPurchase(profile: Profile, _: string, { nowMs }: SegmentMoment) {
  const next = nextPurchaseOf(profile.purchaseDays);
  return next && Math.ceil((next.expectedAtMs - nowMs) / DAY_MS);
}

function daysSince(timeMs: number | undefined, nowMs: number): number | undefined {
  return timeMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - timeMs) / DAY_MS));
}
