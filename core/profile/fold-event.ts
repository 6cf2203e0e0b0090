import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { combineConsent, consentOf } from './consent.ts';
import { combineEmailEngagement, emailEngagementOf } from './email-engagement.ts';
import { combineRecent, recentOf } from './interactions.ts';
import { combineOrders, noOrders, ordersOf } from './orders.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';
import { combineParts, partsOf } from './profile-parts.ts';
import { combineTraits, traitsOf } from './traits.ts';

/** What a profile knows of a customer, without its name, its lock and its evidence. */
export type ProfileState = Omit<
  Profile,
  'schemaVersion' | 'profileId' | 'version' | 'identities' | 'formerIdentities' | 'evidence'
>;

/** A profile before its first event, which happened at `timeMs`. Version 0 was never stored. */
export function newProfile(profileId: string, timeMs: number): Profile {
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    profileId,
    version: 0,
    identities: [],
    traits: {},
    recent: [],
    orders: noOrders,
    email: { openCount: 0, clickCount: 0 },
    eventCount: 0,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
    evidence: { lanes: {}, messages: '' },
  };
}

/**
 * Takes one event into a profile. Everything goes by the event's own time, so that any order of the
 * same events gives the same state: an event is a small state of its own, and states combine.
 */
export function foldEvent(profile: Profile, event: CollectedEvent): Profile {
  return { ...profile, ...combineStates(profile, stateOf(event)) };
}

/** The state of a customer of whom nothing but this event is known. */
export function stateOf(event: CollectedEvent): ProfileState {
  const timeMs = happenedAtMs(event);
  const consent = consentOf(event);
  return {
    traits: traitsOf(event),
    ...(consent !== undefined && { consent }),
    recent: recentOf(event),
    orders: ordersOf(event),
    email: emailEngagementOf(event),
    ...partsOf(event),
    eventCount: 1,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
  };
}

/** The state of a customer of whom both are known. Commutative and associative. */
export function combineStates(a: ProfileState, b: ProfileState): ProfileState {
  const consent = combineConsent(a.consent, b.consent);
  return {
    traits: combineTraits(a.traits, b.traits),
    ...(consent !== undefined && { consent }),
    recent: combineRecent(a.recent, b.recent),
    orders: combineOrders(a.orders, b.orders),
    email: combineEmailEngagement(a.email, b.email),
    ...combineParts(a, b),
    eventCount: a.eventCount + b.eventCount,
    firstSeenMs: Math.min(a.firstSeenMs, b.firstSeenMs),
    lastSeenMs: Math.max(a.lastSeenMs, b.lastSeenMs),
  };
}
