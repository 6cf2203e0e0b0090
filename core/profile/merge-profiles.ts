import { IDENTITIES_MAX, isUserRef, stayingProfileId } from '../identity/profile-id.ts';
import { combineEvidence } from './evidence.ts';
import { combineStates } from './fold-event.ts';
import { PROFILE_SCHEMA_VERSION, type Profile } from './profile.ts';

/**
 * Whether two profiles may become one: not two customers whom the shop itself tells apart by user
 * id, whatever device or address they share, and not past IDENTITIES_MAX.
 */
export function canMerge(a: Profile, b: Profile): boolean {
  const identities = union(a.identities, b.identities);
  return identities.length <= IDENTITIES_MAX && identities.filter(isUserRef).length <= 1;
}

/**
 * One customer's two profiles as one, under the id that stays. Commutative and associative;
 * a profile merged with itself is itself. Counts add up, as no event is in both: an event is folded
 * only into the profile of its strongest identity.
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (a.profileId === b.profileId) return a.version >= b.version ? a : b;
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    profileId: stayingProfileId(a.profileId, b.profileId),
    version: Math.max(a.version, b.version),
    identities: union(a.identities, b.identities),
    ...combineStates(a, b),
    evidence: combineEvidence(a.evidence, b.evidence),
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
