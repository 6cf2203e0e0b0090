/**
 * Everything that a profile knows of a customer, part by part, in one list. A part is what a single
 * event says (`stateOf`) and how two such states become one (`combine`, commutative and associative, so
 * that any order of events gives the same); the rest, from folding to storage and merging, goes by the list.
 *
 * To add one: a field in `profile` (profile.ts) with the part's schema, optional where absence means that
 * nothing is known, and an entry here. Where a part lies is not its business: see hot-cold.ts.
 */
import type * as z from 'zod';
import { type CollectedEvent, eventTypes } from '../events/event.ts';
import { affinitiesForm, affinitiesOf, affinityEvents, combineAffinities } from './affinities.ts';
import { assignmentEvents, assignments, assignmentsOf, combineAssignments } from './assignments.ts';
import { cart, cartEvents, cartOf, combineCart } from './cart.ts';
import { channelConsent, channelConsentOf, combineChannelConsent } from './channel-consent.ts';
import { consentOf, laterConsent } from './consent.ts';
import { combineEmailEngagement, emailEngagementOf, emailEvents } from './email-engagement.ts';
import { emailForm } from './email-form.ts';
import { combineRecent, interactionEvents, recentOf } from './interactions.ts';
import { combineOrders, orderEvents, ordersOf } from './orders.ts';
import { combinePreferences, preferenceEvents, preferences, preferencesOf } from './preferences.ts';
import { type Profile, profile } from './profile.ts';
import {
  combinePurchaseDays,
  purchaseDays,
  purchaseDaysOf,
  purchaseEvents,
} from './purchase-days.ts';
import { recentForm } from './recent-form.ts';
import { combineShown, shown, shownEvents, shownOf } from './shown.ts';
import {
  combineSuppression,
  suppression,
  suppressionEvents,
  suppressionOf,
} from './suppression.ts';
import { combineTimeOnPage, timeOnPage, timeOnPageEvents, timeOnPageOf } from './time-on-page.ts';
import { combineTraits, traitsOf } from './traits.ts';

/** What a profile has beside its parts: its name, its lock, its counts, and its evidence. */
type BaseName =
  | 'schemaVersion'
  | 'profileId'
  | 'version'
  | 'identities'
  | 'formerIdentities'
  | 'eventCount'
  | 'firstSeenMs'
  | 'lastSeenMs'
  | 'evidence';

export type PartName = Exclude<keyof Profile, BaseName>;
/** What a profile knows of a customer, without the above. */
export type ProfileParts = Pick<Profile, PartName>;
type PartStates = { [Name in PartName]: NonNullable<Profile[Name]> };
/** Those parts of which something is known. */
export type SomeParts = { [Name in PartName]?: PartStates[Name] };
export type MaybeParts = { readonly [Name in PartName]?: PartStates[Name] | undefined };

export interface ProfilePart<State> {
  /** Of the state in its stored JSON; never used again for something else. */
  readonly code: string;
  /** Names of `track` events, and `(identify)` and so on for other calls. No other event is asked. */
  readonly hears: 'every event' | readonly string[];
  /** Undefined where the event says nothing of it. */
  readonly stateOf: (event: CollectedEvent) => State | undefined;
  readonly combine: (a: State, b: State) => State;
  readonly form: StoredForm<State>;
}

/** A state as JSON. */
export interface StoredForm<State> {
  readonly encode: (state: State) => unknown;
  /** Undefined where it isn't this form. */
  readonly decode: (stored: unknown) => State | undefined;
}

/** A state that is short JSON by itself. */
function asItIs<State>(schema: z.ZodType<State>): StoredForm<State> {
  return { encode: (state) => state, decode: (stored) => schema.safeParse(stored).data };
}

export const profileParts: { readonly [Name in PartName]: ProfilePart<PartStates[Name]> } = {
  recent: {
    code: 'r',
    hears: interactionEvents,
    stateOf: recentOf,
    combine: combineRecent,
    form: recentForm,
  },
  email: {
    code: 'e',
    hears: emailEvents,
    stateOf: emailEngagementOf,
    combine: combineEmailEngagement,
    form: emailForm,
  },
  // The consent managers of websites put it on every call.
  consent: {
    code: 'p',
    hears: 'every event',
    stateOf: consentOf,
    combine: laterConsent,
    form: asItIs(profile.shape.consent.unwrap()),
  },
  traits: {
    code: 't',
    hears: ['(identify)'],
    stateOf: (event) => (event.traits === undefined ? undefined : traitsOf(event)),
    combine: combineTraits,
    form: asItIs(profile.shape.traits),
  },
  orders: {
    code: 'o',
    hears: orderEvents,
    stateOf: ordersOf,
    combine: combineOrders,
    form: asItIs(profile.shape.orders),
  },
  channelConsent: {
    code: 'k',
    hears: 'every event',
    stateOf: channelConsentOf,
    combine: combineChannelConsent,
    form: asItIs(channelConsent),
  },
  suppression: {
    code: 'u',
    hears: suppressionEvents,
    stateOf: suppressionOf,
    combine: combineSuppression,
    form: asItIs(suppression),
  },
  preferences: {
    code: 'q',
    hears: preferenceEvents,
    stateOf: preferencesOf,
    combine: combinePreferences,
    form: asItIs(preferences),
  },
  affinities: {
    code: 'a',
    hears: affinityEvents,
    stateOf: affinitiesOf,
    combine: combineAffinities,
    form: affinitiesForm,
  },
  timeOnPage: {
    code: 'd',
    hears: timeOnPageEvents,
    stateOf: timeOnPageOf,
    combine: combineTimeOnPage,
    form: asItIs(timeOnPage),
  },
  cart: {
    code: 'b',
    hears: cartEvents,
    stateOf: cartOf,
    combine: combineCart,
    form: asItIs(cart),
  },
  purchaseDays: {
    code: 'w',
    hears: purchaseEvents,
    stateOf: purchaseDaysOf,
    combine: combinePurchaseDays,
    form: asItIs(purchaseDays),
  },
  assignments: {
    code: 'v',
    hears: assignmentEvents,
    stateOf: assignmentsOf,
    combine: combineAssignments,
    form: asItIs(assignments),
  },
  shown: {
    code: 'h',
    hears: shownEvents,
    stateOf: shownOf,
    combine: combineShown,
    form: asItIs(shown),
  },
};

export const partNames = Object.keys(profileParts).filter(isPartName);

/** The parts that an event may say something of; one look-up, so that a page view pays for no order. */
export function partsHearing({ type, event }: CollectedEvent): readonly PartName[] {
  const heard = type === 'track' ? hearersOfName.get(event ?? '') : hearersOfType.get(type);
  return heard ?? hearingEverything;
}

const hearingEverything = partNames.filter((name) => profileParts[name].hears === 'every event');

/** For each event that one part or another hears: all that hear it. */
const hearersOfName: ReadonlyMap<string, readonly PartName[]> = new Map(
  partNames
    .flatMap((name) => profileParts[name].hears)
    .map((heard) => [
      heard,
      partNames.filter((name) => {
        const { hears } = profileParts[name];
        return hears === 'every event' || hears.includes(heard);
      }),
    ]),
);
const hearersOfType: ReadonlyMap<string, readonly PartName[]> = new Map(
  eventTypes.map((type) => [type, hearersOfName.get(`(${type})`) ?? hearingEverything]),
);

function isPartName(name: string): name is PartName {
  return Object.hasOwn(profileParts, name);
}
