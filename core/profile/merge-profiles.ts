import {
  IDENTITIES_MAX,
  isUserProfileId,
  isUserRef,
  stayingProfileId,
  USER_IDS_MAX,
} from '../identity/profile-id.ts';
import { combineEvidence } from './evidence.ts';
import { combineStates } from './fold-event.ts';
import { type ColdProfile, type HotProfile, mergeCold, mergeHot } from './hot-cold.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';

/** What stands in the way of making two profiles one. */
export type MergeObstacle = 'two users' | 'too many identities';

/** Both items of a profile. */
interface HotAndCold {
  readonly hot: HotProfile;
  readonly cold: ColdProfile;
}

/**
 * Whether two profiles may become one: not two customers whom the shop itself tells apart by user id,
 * whatever device or address they share, unless it has `stated` that they are one; and never past
 * IDENTITIES_MAX and USER_IDS_MAX. Asks for the identities of both only where their ids don't tell.
 */
export function mergeObstacle(
  a: { readonly profileId: string },
  b: { readonly profileId: string },
  isStated: boolean,
  identitiesOf: () => readonly [readonly string[], readonly string[]],
): MergeObstacle | undefined {
  // Users who share a device come this way with every event.
  if (!isStated && isUserProfileId(a.profileId) && isUserProfileId(b.profileId)) return 'two users';
  const [ofA, ofB] = identitiesOf();
  const areTwo = ofA.some(isUserRef) && ofB.some(isUserRef);
  if (areTwo && !isStated) return 'two users';
  const identities = union(ofA, ofB);
  const isTooMany =
    identities.length > IDENTITIES_MAX || identities.filter(isUserRef).length > USER_IDS_MAX;
  return isTooMany ? 'too many identities' : undefined;
}

/**
 * One customer's two profiles as one, under the id that stays. Commutative and associative;
 * a profile merged with itself is itself. Counts add up, as no event is in both: an event is folded
 * only into the profile of its strongest identity.
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (a.profileId === b.profileId) return a.version >= b.version ? a : b;
  const former = union(a.formerIdentities ?? [], b.formerIdentities ?? []);
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    profileId: stayingProfileId(a.profileId, b.profileId),
    version: Math.max(a.version, b.version),
    identities: union(a.identities, b.identities),
    ...(former.length > 0 && { formerIdentities: former }),
    ...combineStates(a, b),
    evidence: combineEvidence(a.evidence, b.evidence),
  };
}

/** The same of profiles in two items each. */
export function mergeHotAndCold(a: HotAndCold, b: HotAndCold): HotAndCold {
  const profileId = stayingProfileId(a.hot.profileId, b.hot.profileId);
  return { hot: mergeHot(a.hot, b.hot, profileId), cold: mergeCold(a.cold, b.cold) };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
