import { type Identity, identityKinds } from '../events/event.ts';
import { identityRef } from './identity-key.ts';

/**
 * A collector gives an event at most one identity of each kind; a foreign producer that gives more
 * is heard up to here, so that one event always fits one transaction.
 */
export const EVENT_IDENTITIES_MAX = 8;

/**
 * The most identities that one profile joins. A merge moves every link of the losing profile in one
 * transaction (100 actions in DynamoDB), and an integration that makes up an anonymous id per event
 * must not grow a profile without end. Past it, events still reach the profile by its stronger
 * identities; only further links and merges are refused.
 */
export const IDENTITIES_MAX = 48;

/** User ids that one customer can have had: an `alias` of test accounts must not make all of them one. */
export const USER_IDS_MAX = 8;

/** Of profile ids, in the order of `identityKinds`. */
const prefixes = ['u', 'e', 'a'] as const;
const ID_PREFIX_LENGTH = 2;
const kindNames: readonly string[] = identityKinds;

/** References of an event's identities, strongest first (userId, email, anonymousId), each once. */
export function strongestFirst(identities: readonly Identity[]): string[] {
  const [first] = identities;
  // Nearly all events: nothing to sort, and none twice.
  if (identities.length === 1 && first !== undefined) return [identityRef(first)];
  const refs = identities
    .toSorted((a, b) => strengthRank(a) - strengthRank(b))
    .map((identity) => identityRef(identity));
  return [...new Set(refs)].slice(0, EVENT_IDENTITIES_MAX);
}

/**
 * The id of the profile that an identity founds: `u_`, `e_` or `a_` and the identity's key. It is
 * derived, not drawn, so that two consumers that meet a new customer at once create the same one.
 */
export function foundedProfileId(ref: string): string {
  const at = ref.indexOf('#');
  const rank = kindNames.indexOf(ref.slice(0, at));
  return `${prefixes[rank] ?? 'x'}_${ref.slice(at + 1)}`;
}

/** The identity that founds the profile of this id; undefined where the id is not of that form. */
export function foundingRef(profileId: string): string | undefined {
  const kind = kindNames[idRank(profileId)];
  return kind === undefined ? undefined : `${kind}#${profileId.slice(ID_PREFIX_LENGTH)}`;
}

/** Whether the id was founded by the shop's own name for a customer. */
export function isUserProfileId(profileId: string): boolean {
  return idRank(profileId) === 0;
}

/**
 * Of two profiles that turn out to be one customer, the id that stays: the one founded by the
 * stronger identity, else the smaller. The same whatever the order of merges.
 */
export function stayingProfileId(a: string, b: string): string {
  const byRank = idRank(a) - idRank(b);
  if (byRank !== 0) return byRank < 0 ? a : b;
  return a < b ? a : b;
}

/** Whether the identity is the shop's own name for a customer, of which a profile has at most one. */
export function isUserRef(ref: string): boolean {
  return ref.startsWith('userId#');
}

function strengthRank(identity: Identity): number {
  return identityKinds.indexOf(identity.kind);
}

function idRank(profileId: string): number {
  const rank = prefixes.findIndex((prefix) => profileId.startsWith(`${prefix}_`));
  return rank === -1 ? prefixes.length : rank;
}
