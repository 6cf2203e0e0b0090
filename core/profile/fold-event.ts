import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { noEvidence } from './evidence.ts';
import { noOrders } from './orders.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';
import {
  type MaybeParts,
  type PartName,
  type ProfileParts,
  partNames,
  partsHearing,
  profileParts,
  type SomeParts,
} from './profile-parts.ts';

/** What a profile knows of a customer, without its name, its lock and its evidence. */
export type ProfileState = ProfileParts & ProfileCounts;
export type ProfileCounts = Pick<Profile, 'eventCount' | 'firstSeenMs' | 'lastSeenMs'>;

/** What is known of a customer before anything is. */
export const noParts: ProfileParts = {
  traits: {},
  recent: [],
  orders: noOrders,
  email: { openCount: 0, clickCount: 0 },
};

/** A profile before its first event, which happened at `timeMs`. Version 0 was never stored. */
export function newProfile(profileId: string, timeMs: number): Profile {
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    profileId,
    version: 0,
    identities: [],
    ...noParts,
    eventCount: 0,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
    evidence: noEvidence,
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
  return { ...noParts, ...partsSaid(event), ...countsOf(event) };
}

/** The state of a customer of whom both are known. Commutative and associative. */
export function combineStates(a: ProfileState, b: ProfileState): ProfileState {
  return { ...noParts, ...combineParts(a, b, partNames), ...combineCounts(a, b) };
}

export function countsOf(event: CollectedEvent): ProfileCounts {
  const timeMs = happenedAtMs(event);
  return { eventCount: 1, firstSeenMs: timeMs, lastSeenMs: timeMs };
}

export function combineCounts(a: ProfileCounts, b: ProfileCounts): ProfileCounts {
  return {
    eventCount: a.eventCount + b.eventCount,
    firstSeenMs: Math.min(a.firstSeenMs, b.firstSeenMs),
    lastSeenMs: Math.max(a.lastSeenMs, b.lastSeenMs),
  };
}

/** The parts that an event speaks of. */
export function partsSaid(event: CollectedEvent): SomeParts {
  const said: SomeParts = {};
  hear(said, event);
  return said;
}

/** Adds the parts that an event speaks of to `said`, in place. */
export function hear(said: SomeParts, event: CollectedEvent): void {
  for (const name of partsHearing(event)) hearPart(said, name, event);
}

/** These parts of both, as far as either knows of them. */
export function combineParts(a: MaybeParts, b: MaybeParts, names: readonly PartName[]): SomeParts {
  const combined: SomeParts = {};
  for (const name of names) combineInto(combined, name, a, b);
  return combined;
}

/** All that is known, with what was said. */
export function withSaid(known: SomeParts, said: SomeParts): SomeParts {
  const all = { ...known };
  for (const name of partNames) if (said[name] !== undefined) combineInto(all, name, known, said);
  return all;
}

/** One name at a time, so that a part's state and its functions are of one type. */
function hearPart<Name extends PartName>(said: SomeParts, name: Name, event: CollectedEvent): void {
  const { stateOf: saidBy, combine } = profileParts[name];
  const state = saidBy(event);
  if (state === undefined) return;
  const before = said[name];
  said[name] = before === undefined ? state : combine(before, state);
}

function combineInto<Name extends PartName>(
  combined: SomeParts,
  name: Name,
  a: MaybeParts,
  b: MaybeParts,
): void {
  const x = a[name];
  const y = b[name];
  const both = x === undefined || y === undefined ? (x ?? y) : profileParts[name].combine(x, y);
  if (both !== undefined) combined[name] = both;
}
