import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import type { Profile } from './profile.ts';
import { fieldsOf } from './untyped-value.ts';

export type Consent = NonNullable<Profile['consent']>;

/**
 * What an event says about consent to personalisation: `context.consent.categoryPreferences
 * .personalization` on any event, as Segment's consent wrapper sends it, the trait `consent` of an
 * `identify` or the property `consent` of `Preferences Updated` (a boolean, or `{personalization: boolean}`).
 * Anything else says nothing; consent per channel and to other purposes is in channel-consent.ts.
 * Source: https://segment.com/docs/privacy/consent-management/
 */
export function consentOf(event: CollectedEvent): Consent | undefined {
  const stated = statedIn(event);
  if (stated === undefined && event.context?.consent === undefined) return undefined;
  const preferences = fieldsOf(fieldsOf(event.context?.consent).categoryPreferences);
  const granted = [preferences.personalization, fieldsOf(stated).personalization, stated].find(
    (statement) => typeof statement === 'boolean',
  );
  if (typeof granted !== 'boolean') return undefined;
  return {
    personalization: { granted, timeMs: happenedAtMs(event), source: event.source },
  };
}

function statedIn({ type, event, traits, properties }: CollectedEvent): unknown {
  if (type === 'identify') return traits?.consent;
  const isStatement = type === 'track' && event === 'Preferences Updated';
  return isStatement ? properties?.consent : undefined;
}

/** The latest statement, where there is one. */
export function combineConsent(
  a: Consent | undefined,
  b: Consent | undefined,
): Consent | undefined {
  return a === undefined || b === undefined ? (a ?? b) : laterConsent(a, b);
}

/** The later statement; of two at once the refusal, which can do no harm. */
export function laterConsent(a: Consent, b: Consent): Consent {
  const [x, y] = [a.personalization, b.personalization];
  if (x.timeMs !== y.timeMs) return x.timeMs > y.timeMs ? a : b;
  if (x.granted !== y.granted) return x.granted ? b : a;
  return x.source >= y.source ? a : b;
}
