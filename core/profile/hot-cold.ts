/**
 * A profile lies in two items: hot is what every batch of the customer changes, cold what few events do.
 * Hot alone is one conditional put; where cold changes, both are written in one transaction under hot's
 * version. Hot says at which version cold was written, so that a pair read half-way through a write is
 * noticed. Without anything in it, cold is not stored.
 */
import { foundingRef } from '../identity/profile-id.ts';
import { combineEvidence, combineLanes, type Evidence, type Lanes, newestLanes } from './evidence.ts';
import { combineCounts, combineParts, noParts, type ProfileCounts } from './fold-event.ts';
import { PROFILE_SCHEMA_VERSION, type Profile, type RecentInteraction } from './profile.ts';
import { type PartName, partNames, profileParts, type SomeParts } from './profile-parts.ts';

export interface HotProfile extends ProfileCounts {
  readonly profileId: string;
  /** Optimistic lock of both items: the next write must find this value. */
  readonly version: number;
  /** At which version the cold item was written last; 0 where there is none. */
  readonly coldVersion: number;
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
  /** Those that hot has no room for. */
  readonly lanes: Lanes;
  /** The cold ones, and the interactions that hot has no room for. */
  readonly parts: SomeParts;
}

/**
 * A customer with more lanes at once uses as many devices without a user id, or is not one customer.
 * Kept apart by what overflows, so that not every new lane is a cold write.
 */
const HOT_LANES_MAX = 8;
const HOT_LANES_AFTER_OVERFLOW = 4;

/**
 * Bytes of interactions in hot: about 60 with usual ids. What overflows takes the older half along, so
 * that a cold write is due every 30 new items.
 */
const HOT_RECENT_BYTES_MAX = 1_280;
const HOT_RECENT_BYTES_AFTER_OVERFLOW = 640;
/** Of an interaction beside its item: kind, time, and the marks of JSON; see recent-form.ts. */
const RECENT_BYTES = 10;

const coldNames = new Set<PartName>(partNames.filter((name) => profileParts[name].kept === 'cold'));

export function isColdPart(name: PartName): boolean {
  return coldNames.has(name);
}

/** A profile before its first event, which happened at `timeMs`. */
export function newHot(profileId: string, timeMs: number): HotProfile {
  return {
    profileId,
    version: 0,
    coldVersion: 0,
    formerIdentities: [],
    eventCount: 0,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
    evidence: { lanes: {}, messages: '' },
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

/** The two items of a profile, as it has to be written when neither is stored yet. */
export function splitProfile(profile: Profile): { hot: HotProfile; cold: ColdProfile } {
  const [hotParts, coldParts] = [false, true].map((isCold) =>
    combineParts(
      profile,
      {},
      partNames.filter((name) => isColdPart(name) === isCold && isTold(profile, name)),
    ),
  );
  const { identities, formerIdentities = [], evidence, ...rest } = profile;
  const { profileId, version, eventCount, firstSeenMs, lastSeenMs } = rest;
  const counts = { eventCount, firstSeenMs, lastSeenMs };
  const hot = { ...newHot(profileId, firstSeenMs), ...counts, version, formerIdentities, evidence };
  return withinBounds(
    { ...hot, parts: hotParts ?? {} },
    { identities, lanes: {}, parts: coldParts ?? {} },
  );
}

/** Whether hot has to give something up to cold before it is written. */
export function isOverfull({ evidence, parts }: HotProfile): boolean {
  return (
    Object.keys(evidence.lanes).length > HOT_LANES_MAX ||
    recentBytes(parts.recent ?? []) > HOT_RECENT_BYTES_MAX
  );
}

/** The same profile with no more in hot than it has room for. */
export function withinBounds(
  hot: HotProfile,
  cold: ColdProfile,
): { hot: HotProfile; cold: ColdProfile } {
  let [lessHot, moreCold] = [hot, cold];
  const lanes = Object.entries(hot.evidence.lanes);
  if (lanes.length > HOT_LANES_MAX) {
    const kept = Object.fromEntries(newestLanes(lanes, HOT_LANES_AFTER_OVERFLOW));
    const evidence = { ...hot.evidence, lanes: kept };
    lessHot = { ...lessHot, evidence, hasColdLanes: true };
    moreCold = { ...moreCold, lanes: combineLanes(cold.lanes, hot.evidence.lanes) };
  }
  const { recent = [] } = hot.parts;
  if (recentBytes(recent) > HOT_RECENT_BYTES_MAX) {
    const kept = recent.slice(0, countWithin(recent, HOT_RECENT_BYTES_AFTER_OVERFLOW));
    lessHot = { ...lessHot, parts: { ...hot.parts, recent: kept } };
    const parts = { ...cold.parts, ...combineParts(cold.parts, { recent }, ['recent']) };
    moreCold = { ...moreCold, parts };
  }
  return { hot: lessHot, cold: moreCold };
}

/** Two customers' hot items as one; see mergeProfiles. */
export function mergeHot(a: HotProfile, b: HotProfile, profileId: string): HotProfile {
  const former = new Set([...a.formerIdentities, ...b.formerIdentities]);
  return {
    profileId,
    version: Math.max(a.version, b.version),
    coldVersion: a.profileId === profileId ? a.coldVersion : b.coldVersion,
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

function isTold(profile: Profile, name: PartName): boolean {
  return profile[name] !== noParts[name];
}

function recentBytes(recent: readonly RecentInteraction[]): number {
  if (recent.length === 0) return 0;
  let items = '';
  for (const { itemId } of recent) items += itemId;
  return Buffer.byteLength(JSON.stringify(items)) + recent.length * RECENT_BYTES;
}

/** How many of the newest fit. */
function countWithin(recent: readonly RecentInteraction[], bytesMax: number): number {
  let bytes = 0;
  const count = recent.findIndex((interaction) => {
    bytes += recentBytes([interaction]);
    return bytes > bytesMax;
  });
  return count === -1 ? recent.length : count;
}
