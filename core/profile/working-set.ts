import {
  foundedProfileId,
  IDENTITIES_MAX,
  isUserRef,
  USER_IDS_MAX,
} from '../identity/profile-id.ts';
import { newProfile } from './fold-event.ts';
import { mergeObstacle, mergeProfiles } from './merge-profiles.ts';
import type { Profile } from './profile.ts';
import {
  type Claim,
  MERGE_HOPS_MAX,
  type ProfileWrite,
  type StoredProfile,
  type StoredView,
} from './profile-store.ts';

/** A profile that can't be folded into; the events wait until somebody has looked at it. */
export class ProfileRefusedError extends Error {
  override readonly name = 'ProfileRefusedError';
}

/** An identity that would have made a customer's too many. */
export interface RefusedIdentity {
  readonly profileId: string;
  readonly identity: string;
}

interface Entry {
  readonly profile: Profile;
  /** Undefined: not stored yet. */
  readonly storedVersion: number | undefined;
  readonly isChanged: boolean;
}

/**
 * The profiles and links that one group of events works on, on top of what the store had, and the
 * write that the changes amount to. Lives for one chunk of one group.
 */
export class WorkingSet {
  readonly #view: StoredView;
  readonly #entries = new Map<string, Entry>();
  /** Profiles that were merged here, and into which. */
  readonly #merged = new Map<string, { mergedInto: string; storedVersion: number | undefined }>();
  readonly #newLinks = new Set<string>();
  readonly #movedLinks = new Set<string>();
  readonly #links = new Map<string, string>();
  readonly #claims = new Map<string, Claim>();
  readonly #refused: RefusedIdentity[] = [];

  constructor(view: StoredView) {
    this.#view = view;
  }

  /** The profile of an identity, undefined where it has none. */
  ownerOf(ref: string): Profile | undefined {
    const linked = this.#links.get(ref) ?? this.#view.links.get(ref);
    return linked === undefined ? undefined : this.#find(linked)?.profile;
  }

  /** The profile of an identity, founded at `timeMs` where it has none yet. */
  ownerOrFounded(ref: string, timeMs: number): Profile {
    const owner = this.ownerOf(ref);
    if (owner !== undefined) return owner;
    // Where a link was lost but its profile is there, the profile is taken up again.
    const id = this.#links.get(ref) ?? this.#view.links.get(ref) ?? foundedProfileId(ref);
    const founded = this.#find(id)?.profile ?? newProfile(this.#lastOf(id), timeMs);
    this.#put(founded);
    return this.link(founded, ref);
  }

  /** Links an identity that has no profile; refused past IDENTITIES_MAX. */
  link(profile: Profile, ref: string): Profile {
    if (profile.identities.includes(ref) && this.#isLinked(ref)) return profile;
    const identities = [...new Set([...profile.identities, ref])].sort();
    if (identities.length > IDENTITIES_MAX) return this.#refuse(profile, ref);
    const stored = this.#view.links.get(ref);
    if (!this.#isLinked(ref)) this.#newLinks.add(ref);
    // A stored link that leads elsewhere led to no profile, or through a tombstone: it is mended.
    else if (stored !== undefined && stored !== profile.profileId) this.#movedLinks.add(ref);
    this.#links.set(ref, profile.profileId);
    return this.#put({ ...profile, identities });
  }

  /**
   * Joins a user id that the shop says was this customer's before, and that nobody has used so far. It is
   * founded and merged like one in use, so that the id that stays is the same whichever comes first.
   */
  joinUnused(profile: Profile, ref: string, timeMs: number): Profile {
    const isTooMany =
      profile.identities.length >= IDENTITIES_MAX ||
      profile.identities.filter(isUserRef).length >= USER_IDS_MAX;
    if (isTooMany) return this.#refuse(profile, ref);
    const founded = this.ownerOrFounded(ref, timeMs);
    const unused = this.#put({ ...founded, formerIdentities: [ref] });
    return this.join(profile, unused, ref, true);
  }

  /** Makes two profiles one where that is allowed, else leaves both and returns `profile`. */
  join(profile: Profile, other: Profile, ref: string, isStated = false): Profile {
    const obstacle = mergeObstacle(profile, other, isStated);
    if (obstacle === 'too many identities') return this.#refuse(profile, ref);
    if (obstacle !== undefined) return profile;
    const merged = mergeProfiles(profile, other);
    const loser = merged.profileId === profile.profileId ? other : profile;
    const storedVersion = this.#entries.get(loser.profileId)?.storedVersion;
    this.#entries.delete(loser.profileId);
    this.#merged.set(loser.profileId, { mergedInto: merged.profileId, storedVersion });
    for (const ref of loser.identities) {
      this.#links.set(ref, merged.profileId);
      if (!this.#newLinks.has(ref)) this.#movedLinks.add(ref);
    }
    return this.#put(merged);
  }

  replace(profile: Profile): void {
    this.#put(profile);
  }

  /** Identities that were not joined to a profile because it has as many as it may have. */
  get refusedIdentities(): readonly RefusedIdentity[] {
    return this.#refused;
  }

  hasClaim(key: string): boolean {
    return this.#claims.has(key);
  }

  addClaim(claim: Claim): void {
    this.#claims.set(claim.key, claim);
  }

  get profileCount(): number {
    return this.#changed().length;
  }

  /** How many actions the write has: one per profile, tombstone, link and claim. */
  get actionCount(): number {
    const linkCount = this.#newLinks.size + this.#movedLinks.size;
    return this.profileCount + this.#merged.size + linkCount + this.#claims.size;
  }

  /** The write that brings the store to this state; undefined where nothing changed. */
  toWrite(): ProfileWrite | undefined {
    const profiles = this.#changed().map(({ profile, storedVersion }) => ({
      profile: { ...profile, version: (storedVersion ?? 0) + 1 },
      expectedVersion: storedVersion,
    }));
    if (profiles.length === 0) return undefined;
    const tombstones = [...this.#merged].flatMap(([profileId, { storedVersion }]) => {
      // What was never stored leaves no tombstone.
      if (storedVersion === undefined) return [];
      // To the end of the way: a profile on it that was never stored leaves nothing to follow.
      const mergedInto = this.#lastOf(profileId);
      const tombstone = { profileId, mergedInto, version: storedVersion + 1 };
      return [{ tombstone, expectedVersion: storedVersion }];
    });
    return {
      profiles,
      tombstones,
      newLinks: this.#linksOf(this.#newLinks),
      movedLinks: this.#linksOf(this.#movedLinks),
      claims: [...this.#claims.values()],
    };
  }

  #refuse(profile: Profile, identity: string): Profile {
    this.#refused.push({ profileId: profile.profileId, identity });
    return profile;
  }

  #changed(): Entry[] {
    return [...this.#entries.values()].filter(({ isChanged }) => isChanged);
  }

  #linksOf(refs: Iterable<string>) {
    return Array.from(refs, (identity) => {
      const erased = this.#view.erased.get(identity);
      const profileId = this.#links.get(identity) ?? '';
      return { identity, profileId, ...(erased !== undefined && { erased }) };
    });
  }

  #isLinked(ref: string): boolean {
    return this.#links.has(ref) || this.#view.links.has(ref);
  }

  #put(profile: Profile): Profile {
    const storedVersion = this.#entries.get(profile.profileId)?.storedVersion;
    this.#entries.set(profile.profileId, { profile, storedVersion, isChanged: true });
    return profile;
  }

  #find(profileId: string): Entry | undefined {
    const id = this.#lastOf(profileId);
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const stored = this.#view.profiles.get(id);
    if (stored?.kind === 'unreadable') throw new ProfileRefusedError(stored.cause);
    if (stored?.kind !== 'profile') return undefined;
    const entry = {
      profile: stored.profile,
      storedVersion: stored.profile.version,
      isChanged: false,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Follows tombstones, stored ones and those made here. */
  #lastOf(profileId: string): string {
    let id = profileId;
    for (let hop = 0; hop <= MERGE_HOPS_MAX; hop += 1) {
      const next = this.#merged.get(id)?.mergedInto ?? mergedInto(this.#view.profiles.get(id));
      if (next === undefined) return id;
      id = next;
    }
    throw new ProfileRefusedError(
      `a profile was merged more than ${MERGE_HOPS_MAX} times in a row`,
    );
  }
}

function mergedInto(stored: StoredProfile | undefined): string | undefined {
  return stored?.kind === 'merged' ? stored.mergedInto : undefined;
}
