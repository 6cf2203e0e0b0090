import type { CollectedEvent } from '../events/event.ts';
import type { Profile } from './profile.ts';
import { fieldsOf } from './untyped-value.ts';

export type Consent = NonNullable<Profile['consent']>;

/**
 * What an event says about consent to personalisation: `context.consent.categoryPreferences
 * .personalization` on any event, as Segment's consent wrapper sends it, or the trait `consent` of an
 * `identify` (a boolean, or `{personalization: boolean}`). Anything else says nothing.
 * Source: https://segment.com/docs/privacy/consent-management/
 */
export function consentOf(event: CollectedEvent): Consent | undefined {
  const preferences = fieldsOf(fieldsOf(event.context?.consent).categoryPreferences);
  const trait = event.type === 'identify' ? event.traits?.consent : undefined;
  const granted = [preferences.personalization, fieldsOf(trait).personalization, trait].find(
    (statement) => typeof statement === 'boolean',
  );
  if (typeof granted !== 'boolean') return undefined;
  return {
    personalization: { granted, timeMs: Date.parse(event.timestamp), source: event.source },
  };
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
