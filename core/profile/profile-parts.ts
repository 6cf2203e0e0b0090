/**
 * Everything that a profile knows of a customer, part by part, in one list. A part is what a single
 * event says (`stateOf`) and how two such states become one (`combine`, commutative and associative, so
 * that any order of events gives the same); the rest, from folding to storage and merging, goes by the list.
 *
 * To add one: a field in `profile` (profile.ts) with the part's schema, optional where absence means that
 * nothing is known, and an entry here. Hot parts are written with every batch of the customer and share
 * HOT_BYTES_MAX; cold ones only when an event speaks of them.
 */
import type * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { consentOf, laterConsent } from './consent.ts';
import { combineEmailEngagement, emailEngagementOf, emailEvents } from './email-engagement.ts';
import { combineRecent, interactionEvents, recentOf } from './interactions.ts';
import { recentForm } from './recent-form.ts';
import { combineOrders, orderEvents, ordersOf } from './orders.ts';
import { type Profile, profile } from './profile.ts';
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
  readonly kept: 'hot' | 'cold';
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
    kept: 'hot',
    hears: interactionEvents,
    stateOf: recentOf,
    combine: combineRecent,
    form: recentForm,
  },
  email: {
    code: 'e',
    kept: 'hot',
    hears: emailEvents,
    stateOf: emailEngagementOf,
    combine: combineEmailEngagement,
    form: {
      encode: ({ openCount, clickCount }) => [openCount, clickCount],
      decode: (stored) => {
        const [openCount, clickCount] = Array.isArray(stored) ? stored : [];
        const areCounts = Number.isInteger(openCount) && Number.isInteger(clickCount);
        return areCounts ? { openCount, clickCount } : undefined;
      },
    },
  },
  // The consent managers of websites put it on every call.
  consent: {
    code: 'p',
    kept: 'hot',
    hears: 'every event',
    stateOf: consentOf,
    combine: laterConsent,
    form: asItIs(profile.shape.consent.unwrap()),
  },
  traits: {
    code: 't',
    kept: 'cold',
    hears: ['(identify)'],
    stateOf: (event) => (event.traits === undefined ? undefined : traitsOf(event)),
    combine: combineTraits,
    form: asItIs(profile.shape.traits),
  },
  orders: {
    code: 'o',
    kept: 'cold',
    hears: orderEvents,
    stateOf: ordersOf,
    combine: combineOrders,
    form: asItIs(profile.shape.orders),
  },
};

export const partNames = Object.keys(profileParts).filter(isPartName);

/** The parts that an event may say something of; one look-up, so that a page view pays for no order. */
export function partsHearing({ type, event }: CollectedEvent): readonly PartName[] {
  return hearers.get(type === 'track' ? (event ?? '') : `(${type})`) ?? hearingEverything;
}

const hearingEverything = partNames.filter((name) => profileParts[name].hears === 'every event');

/** For each event that one part or another hears: all that hear it. */
const hearers: ReadonlyMap<string, readonly PartName[]> = new Map(
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

function isPartName(name: string): name is PartName {
  return Object.hasOwn(profileParts, name);
}
