import type { CollectedEvent } from '../events/event.ts';
import { affinities, affinitiesOf, combineAffinities } from './affinities.ts';
import { cart, cartOf, combineCart } from './cart.ts';
import { channelConsent, channelConsentOf, combineChannelConsent } from './channel-consent.ts';
import { combinePreferences, preferences, preferencesOf } from './preferences.ts';
import type { Profile } from './profile.ts';
import { combinePurchaseDays, purchaseDays, purchaseDaysOf } from './purchase-days.ts';
import { combineSuppression, suppression, suppressionOf } from './suppression.ts';
import { combineTimeOnPage, timeOnPage, timeOnPageOf } from './time-on-page.ts';

/** Parts of a profile that are absent until something is known; each is one file of this folder. */
export const profileParts = {
  channelConsent: channelConsent.optional(),
  suppression: suppression.optional(),
  preferences: preferences.optional(),
  affinities: affinities.optional(),
  timeOnPage: timeOnPage.optional(),
  cart: cart.optional(),
  purchaseDays: purchaseDays.optional(),
};

export type ProfileParts = Pick<Profile, keyof typeof profileParts>;

/** Fields that few events change and no answer to an ESP needs: they can lie apart from the others. */
export const COLD_FIELDS = [
  'traits',
  'preferences',
  'purchaseDays',
  'timeOnPage',
] as const satisfies readonly (keyof Profile)[];

/** What an event says of each part. Most events say nothing of most. */
export function partsOf(event: CollectedEvent): ProfileParts {
  return withoutAbsent({
    channelConsent: channelConsentOf(event),
    suppression: suppressionOf(event),
    preferences: preferencesOf(event),
    affinities: affinitiesOf(event),
    timeOnPage: timeOnPageOf(event),
    cart: cartOf(event),
    purchaseDays: purchaseDaysOf(event),
  });
}

/** What is known where both are known. Commutative and associative, part by part. */
export function combineParts(a: ProfileParts, b: ProfileParts): ProfileParts {
  return withoutAbsent({
    channelConsent: either(a.channelConsent, b.channelConsent, combineChannelConsent),
    suppression: either(a.suppression, b.suppression, combineSuppression),
    preferences: either(a.preferences, b.preferences, combinePreferences),
    affinities: either(a.affinities, b.affinities, combineAffinities),
    timeOnPage: either(a.timeOnPage, b.timeOnPage, combineTimeOnPage),
    cart: either(a.cart, b.cart, combineCart),
    purchaseDays: either(a.purchaseDays, b.purchaseDays, combinePurchaseDays),
  });
}

function either<Part>(
  a: Part | undefined,
  b: Part | undefined,
  combine: (a: Part, b: Part) => Part,
): Part | undefined {
  return a === undefined || b === undefined ? (a ?? b) : combine(a, b);
}

/** Absent is absent: a stored undefined would be a field. */
function withoutAbsent(parts: ProfileParts): ProfileParts {
  const entries = Object.entries(parts).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as ProfileParts;
}
