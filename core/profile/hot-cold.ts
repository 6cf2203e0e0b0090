/**
 * A profile lies in two items. Cold is what was known when it was last written, hot what has come since:
 * counts, proof, and whatever the customer's events said, in the same parts. Parts combine in any order, so
 * both together are always the whole, and nearly every batch is one conditional put of the small hot item.
 * Once hot has no more room, or an identity is joined, everything it knows goes into cold: both are written in
 * one transaction, under hot's version. Hot says at which version cold was written, so that a pair read
 * half-way through a write is noticed. A profile with nothing to put there has no cold item.
 */
import { foundingRef } from '../identity/profile-id.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  combineEvidence,
  combineLanes,
  type Evidence,
  type Lanes,
  newestLanes,
  noEvidence,
} from './evidence.ts';
import { combineCounts, combineParts, noParts, type ProfileCounts } from './fold-event.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';
import { partNames, type SomeParts } from './profile-parts.ts';

export interface HotProfile extends ProfileCounts {
  readonly profileId: string;
  /** Optimistic lock of both items: the next write must find this value. */
  readonly version: number;
  /** At which version the cold item was written last; 0 where there is none. */
  readonly coldVersion: number;
  /** Days since 1970 at that time. */
  readonly coldDay: number;
  /** Where the sweep of carts finds the profile; see cart-due.ts. */
  readonly cartDue?: string | undefined;
  /** As in `profile`; whether a user id is one is asked for with every event. */
  readonly formerIdentities: readonly string[];
  /** The lanes that came furthest, at most HOT_LANES_MAX of them. */
  readonly evidence: Evidence;
  readonly hasColdLanes: boolean;
  readonly parts: SomeParts;
}

export interface ColdProfile {
  /** Sorted. */
  readonly identities: readonly string[];
  /** Of which hot may hold some with higher numbers. */
  readonly lanes: Lanes;
  readonly parts: SomeParts;
}

/**
 * A customer with more lanes at once uses as many devices without a user id, or is not one customer. The rest
 * is kept cold; half of them at a time, so that not every new lane is a cold write.
 */
const HOT_LANES_MAX = 8;
const HOT_LANES_AFTER_OVERFLOW = 4;

/**
 * Bytes of parts in hot, as JSON: what some 40 views of new items say. With 2 KB of everything else at most
 * hot stays under 4 KB for every customer, and under 2 KB, two write units, for nearly all.
 */
export const HOT_PARTS_BYTES_MAX = 1_000;
/** Of a UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

/** A profile before its first event, which happened at `timeMs`. */
export function newHot(profileId: string, timeMs: number): HotProfile {
  return {
    profileId,
    version: 0,
    coldVersion: 0,
    coldDay: 0,
    cartDue: undefined,
    formerIdentities: [],
    eventCount: 0,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
    evidence: noEvidence,
    hasColdLanes: false,
    parts: {},
  };
}

/** What no cold item means: a profile knows itself by the identity that founded it. */
export function unstoredCold(profileId: string): ColdProfile {
  const ref = foundingRef(profileId);
  return { identities: ref === undefined ? [] : [ref], lanes: {}, parts: {} };
}

/** Whether it says what no cold item would say. */
export function isUnstored(profileId: string, cold: ColdProfile): boolean {
  const { identities } = unstoredCold(profileId);
  return (
    cold.identities.length === identities.length &&
    cold.identities[0] === identities[0] &&
    Object.keys(cold.lanes).length === 0 &&
    Object.keys(cold.parts).length === 0
  );
}

/** Both as the one value that they are. */
export function joinedProfile(hot: HotProfile, cold: ColdProfile): Profile {
  const { profileId, version, formerIdentities, eventCount, firstSeenMs, lastSeenMs } = hot;
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    profileId,
    version,
    identities: [...cold.identities],
    ...(formerIdentities.length > 0 && { formerIdentities: [...formerIdentities] }),
    ...noParts,
    ...combineParts(hot.parts, cold.parts, partNames),
    eventCount,
    firstSeenMs,
    lastSeenMs,
    evidence: { ...hot.evidence, lanes: combineLanes(hot.evidence.lanes, cold.lanes) },
  };
}

/** A profile that was read, as the one value that it is; of hot alone where cold was not to be had. */
export function wholeProfile({
  hot,
  cold = unstoredCold(hot.profileId),
}: {
  readonly hot: HotProfile;
  readonly cold: ColdProfile | undefined;
}): Profile {
  return joinedProfile(hot, cold);
}

/** The two items of a profile that is stored in neither yet. */
export function splitProfile(profile: Profile): { hot: HotProfile; cold: ColdProfile } {
  const { identities, formerIdentities = [], evidence, ...rest } = profile;
  const { profileId, version, eventCount, firstSeenMs, lastSeenMs } = rest;
  const counts = { eventCount, firstSeenMs, lastSeenMs };
  const parts = combineParts(
    profile,
    {},
    partNames.filter((name) => canonicalJson(profile[name]) !== canonicalJson(noParts[name])),
  );
  const hot = { ...newHot(profileId, firstSeenMs), ...counts, version, formerIdentities, evidence };
  return chilled({ ...hot, parts }, { identities, lanes: {}, parts: {} });
}

/**
 * A cold item is written anew when it is so old, so that the store can forget profiles by the age of their items:
 * cold outlives hot by as much, see profile-write.ts.
 */
export const COLD_AGE_DAYS_MAX = 30;

/** Whether hot has more than it may be written with; `partsJson` is its parts' stored form. */
export function isOverfull({ evidence }: HotProfile, partsJson: string): boolean {
  return (
    isLongerThan(partsJson, HOT_PARTS_BYTES_MAX) ||
    Object.keys(evidence.lanes).length > HOT_LANES_MAX
  );
}

/** The same profile with all its parts in cold, and no more lanes in hot than it has room for. */
export function chilled(
  hot: HotProfile,
  cold: ColdProfile,
): { hot: HotProfile; cold: ColdProfile } {
  const parts = combineParts(cold.parts, hot.parts, partNames);
  const lanes = Object.entries(hot.evidence.lanes);
  if (lanes.length <= HOT_LANES_MAX)
    return { hot: { ...hot, parts: {} }, cold: { ...cold, parts } };
  const kept = Object.fromEntries(newestLanes(lanes, HOT_LANES_AFTER_OVERFLOW));
  const evidence = { ...hot.evidence, lanes: kept };
  return {
    hot: { ...hot, parts: {}, evidence, hasColdLanes: true },
    cold: { ...cold, parts, lanes: combineLanes(cold.lanes, hot.evidence.lanes) },
  };
}

/** Two customers' hot items as one; see mergeProfiles. */
export function mergeHot(a: HotProfile, b: HotProfile, profileId: string): HotProfile {
  const former = new Set([...a.formerIdentities, ...b.formerIdentities]);
  return {
    profileId,
    version: Math.max(a.version, b.version),
    coldVersion: a.profileId === profileId ? a.coldVersion : b.coldVersion,
    coldDay: a.profileId === profileId ? a.coldDay : b.coldDay,
    formerIdentities: [...former].sort(),
    ...combineCounts(a, b),
    evidence: combineEvidence(a.evidence, b.evidence),
    hasColdLanes: a.hasColdLanes || b.hasColdLanes,
    parts: combineParts(a.parts, b.parts, partNames),
  };
}

export function mergeCold(a: ColdProfile, b: ColdProfile): ColdProfile {
  return {
    identities: [...new Set([...a.identities, ...b.identities])].sort(),
    lanes: combineLanes(a.lanes, b.lanes),
    parts: combineParts(a.parts, b.parts, partNames),
  };
}

function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * UTF8_BYTES_MAX > bytesMax && Buffer.byteLength(text) > bytesMax;
}
