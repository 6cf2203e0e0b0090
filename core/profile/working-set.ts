import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import {
  foundedProfileId,
  IDENTITIES_MAX,
  isUserRef,
  USER_IDS_MAX,
} from '../identity/profile-id.ts';
import { cartDueOf, cartDueSince } from './cart-due.ts';
import { addDelivery, type Delivery } from './evidence.ts';
import { hear, noParts, withSaid } from './fold-event.ts';
import {
  COLD_AGE_DAYS_MAX,
  type ColdProfile,
  chilled,
  type HotProfile,
  isOverfull,
  newHot,
  unstoredCold,
} from './hot-cold.ts';
import { mergeHotAndCold, mergeObstacle } from './merge-profiles.ts';
import {
  type Claim,
  type IdentityLink,
  MERGE_HOPS_MAX,
  type ProfilePut,
  type ProfileWrite,
  type StoredProfile,
  type StoredView,
} from './profile-store.ts';
import { encodeHot, encodeParts } from './stored-profile.ts';
import { type Draft, type Entry, heard, isColdDue } from './working-entry.ts';

const DAY_MS = 86_400_000;

/** A profile that can't be folded into; the events wait until somebody has looked at it. */
export class ProfileRefusedError extends Error {
  override readonly name = 'ProfileRefusedError';
}

/** The events need a cold item that was not read; caught by who folds, who asks for it. */
export class ColdNeededError extends Error {
  override readonly name = 'ColdNeededError';
  readonly profileId: string;

  constructor(profileId: string) {
    super('a cold item was not read');
    this.profileId = profileId;
  }
}

/** An identity that would have made a customer's too many. */
export interface RefusedIdentity {
  readonly profileId: string;
  readonly identity: string;
}

interface Merged {
  readonly mergedInto: string;
  readonly storedVersion: number | undefined;
  readonly hasCold: boolean;
}

/** What was linked and joined. */
interface Joins {
  /** Profiles that were merged here, and into which. */
  readonly merged: Map<string, Merged>;
  readonly newLinks: Set<string>;
  readonly movedLinks: Set<string>;
  readonly links: Map<string, string>;
}

/** Never changed: whoever joins has lists of its own. */
const noJoins: Joins = {
  merged: new Map(),
  newLinks: new Set(),
  movedLinks: new Set(),
  links: new Map(),
};

/**
 * The profiles and links that one group of events works on, on top of what the store had, and the
 * write that the changes amount to. Lives for one chunk of one group.
 */
export class WorkingSet {
  readonly #view: StoredView;
  readonly #entries = new Map<string, Entry>();
  /** Most groups join nobody and claim nothing: they need not pay for the lists. */
  #joins = noJoins;
  #claims: Map<string, Claim> | undefined;
  readonly #refused: RefusedIdentity[] = [];
  #changedCount = 0;

  constructor(view: StoredView) {
    this.#view = view;
  }

  /** The profile of an identity, undefined where it has none. */
  ownerOf(ref: string): Entry | undefined {
    const linked = this.#joins.links.get(ref) ?? this.#view.links.get(ref);
    return linked === undefined ? undefined : this.#find(linked);
  }

  /** The profile of an identity, founded at `timeMs` where it has none yet. */
  ownerOrFounded(ref: string, timeMs: number): Entry {
    const owner = this.ownerOf(ref);
    if (owner !== undefined) return owner;
    // Where a link was lost but its profile is there, the profile is taken up again.
    const id = this.#joins.links.get(ref) ?? this.#view.links.get(ref) ?? foundedProfileId(ref);
    const founded = this.#find(id) ?? this.#found(this.#lastOf(id), timeMs);
    this.#noteChange(founded);
    return this.link(founded, ref);
  }

  /** What few events need to know of a profile. */
  coldOf(entry: Entry): ColdProfile {
    if (entry.cold === undefined) throw new ColdNeededError(entry.hot.profileId);
    return entry.cold;
  }

  changeHot(entry: Entry, changes: Partial<HotProfile>): void {
    Object.assign(this.#draftOf(entry), changes);
  }

  /** Counts an event, and hears what it says. */
  takeIn(entry: Entry, event: CollectedEvent, delivery: Delivery): void {
    const draft = this.#draftOf(entry);
    const timeMs = happenedAtMs(event);
    draft.eventCount += 1;
    if (timeMs < draft.firstSeenMs) draft.firstSeenMs = timeMs;
    if (timeMs > draft.lastSeenMs) draft.lastSeenMs = timeMs;
    addDelivery(draft.evidence, delivery);
    hear(entry.said, event);
  }

  /** Keeps the proof of an event that came before, in another record. */
  remember(entry: Entry, delivery: Delivery): void {
    addDelivery(this.#draftOf(entry).evidence, delivery);
  }

  changeCold(entry: Entry, changes: Partial<ColdProfile>): void {
    entry.cold = { ...this.coldOf(entry), ...changes };
    entry.isColdChanged = true;
    this.#noteChange(entry);
  }

  /** Links an identity that has no profile; refused past IDENTITIES_MAX. */
  link(entry: Entry, ref: string): Entry {
    const known = this.coldOf(entry).identities;
    if (known.includes(ref) && this.#isLinked(ref)) return entry;
    const identities = [...new Set([...known, ref])].sort();
    if (identities.length > IDENTITIES_MAX) return this.#refuse(entry, ref);
    const { profileId } = entry.hot;
    const stored = this.#view.links.get(ref);
    if (!this.#isLinked(ref)) this.#ownJoins.newLinks.add(ref);
    // A stored link that leads elsewhere led to no profile, or through a tombstone: it is mended.
    else if (stored !== undefined && stored !== profileId) this.#ownJoins.movedLinks.add(ref);
    this.#ownJoins.links.set(ref, profileId);
    if (identities.length > known.length) this.changeCold(entry, { identities });
    this.#noteChange(entry);
    return entry;
  }

  /**
   * Joins a user id that the shop says was this customer's before, and that nobody has used so far. It is
   * founded and merged like one in use, so that the id that stays is the same whichever comes first.
   */
  joinUnused(entry: Entry, ref: string, timeMs: number): Entry {
    const { identities } = this.coldOf(entry);
    const isTooMany =
      identities.length >= IDENTITIES_MAX || identities.filter(isUserRef).length >= USER_IDS_MAX;
    if (isTooMany) return this.#refuse(entry, ref);
    const unused = this.ownerOrFounded(ref, timeMs);
    this.changeHot(unused, { formerIdentities: [ref] });
    return this.join(entry, unused, ref, true);
  }

  /** Makes two profiles one where that is allowed, else leaves both and returns `entry`. */
  join(entry: Entry, other: Entry, ref: string, isStated = false): Entry {
    const obstacle = mergeObstacle(entry.hot, other.hot, isStated, () => [
      this.coldOf(entry).identities,
      this.coldOf(other).identities,
    ]);
    if (obstacle === 'too many identities') return this.#refuse(entry, ref);
    if (obstacle !== undefined) return entry;
    const cold = [this.coldOf(entry), this.coldOf(other)] as const;
    const merged = mergeHotAndCold(
      { hot: heard(entry), cold: cold[0] },
      { hot: heard(other), cold: cold[1] },
    );
    const isWinner = merged.hot.profileId === entry.hot.profileId;
    const [winner, loser] = isWinner ? [entry, other] : [other, entry];
    this.#ownJoins.merged.set(loser.hot.profileId, {
      mergedInto: winner.hot.profileId,
      storedVersion: loser.storedVersion,
      hasCold: loser.hot.coldVersion > 0,
    });
    this.#entries.delete(loser.hot.profileId);
    if (loser.isChanged) this.#changedCount -= 1;
    for (const ref of this.coldOf(loser).identities) {
      this.#ownJoins.links.set(ref, winner.hot.profileId);
      if (!this.#joins.newLinks.has(ref)) this.#ownJoins.movedLinks.add(ref);
    }
    this.changeHot(winner, merged.hot);
    winner.said = {};
    this.changeCold(winner, merged.cold);
    return winner;
  }

  /** Identities that were not joined to a profile because it has as many as it may have. */
  get refusedIdentities(): readonly RefusedIdentity[] {
    return this.#refused;
  }

  hasClaim(key: string): boolean {
    return this.#claims?.has(key) ?? false;
  }

  addClaim(claim: Claim): void {
    this.#claims ??= new Map();
    this.#claims.set(claim.key, claim);
  }

  get profileCount(): number {
    return this.#changedCount;
  }

  /** Whether these are all identities of one profile already, so that an event changes that one alone. */
  isOneOwner(refs: readonly string[]): boolean {
    const owner = this.ownerOf(refs[0] ?? '');
    return owner !== undefined && refs.every((ref) => this.ownerOf(ref) === owner);
  }

  /** How many actions the write has at most: two per profile and tombstone, one per link and claim. */
  get actionCount(): number {
    const linkCount = this.#joins.newLinks.size + this.#joins.movedLinks.size;
    return (
      2 * this.profileCount + 2 * this.#joins.merged.size + linkCount + (this.#claims?.size ?? 0)
    );
  }

  /** The write that brings the store to this state; undefined where nothing changed. */
  toWrite(nowMs: number): ProfileWrite | undefined {
    const changed = this.#changed();
    if (changed.length === 0) return undefined;
    return {
      profiles: changed.map((entry) => this.#putOf(entry, Math.floor(nowMs / DAY_MS))),
      tombstones: [...this.#joins.merged].flatMap(([profileId, { storedVersion, hasCold }]) => {
        // What was never stored leaves no tombstone.
        if (storedVersion === undefined) return [];
        // To the end of the way: a profile on it that was never stored leaves nothing to follow.
        const mergedInto = this.#lastOf(profileId);
        const tombstone = { profileId, mergedInto, version: storedVersion + 1 };
        return [{ tombstone, expectedVersion: storedVersion, hasCold }];
      }),
      newLinks: this.#linksOf(this.#joins.newLinks),
      movedLinks: this.#linksOf(this.#joins.movedLinks),
      claims: this.#claims === undefined ? [] : [...this.#claims.values()],
    };
  }

  #putOf(entry: Entry, today: number): ProfilePut {
    const { storedVersion: expectedVersion } = entry;
    const draft = this.#draftOf(entry);
    draft.parts = withSaid(draft.parts, entry.said);
    draft.version = (expectedVersion ?? 0) + 1;
    const { profileId, version, coldVersion, coldDay } = draft;
    const partsJson = encodeParts(draft.parts);
    const isColdOld = coldVersion > 0 && today - coldDay > COLD_AGE_DAYS_MAX;
    if (!isColdDue(entry) && !isColdOld && !isOverfull(draft, partsJson)) {
      const { cart, orders } = draft.parts;
      draft.cartDue = cartDueSince(draft.cartDue, { profileId, cart, orders });
      return { hot: draft, hotText: encodeHot(draft, partsJson), cold: undefined, expectedVersion };
    }
    const { hot: rest, cold } = chilled(draft, this.coldOf(entry));
    const cartDue = cartDueOf({ ...noParts, ...cold.parts, profileId });
    const hot = { ...rest, coldVersion: version, coldDay: today, cartDue };
    return { hot, hotText: encodeHot(hot), cold, expectedVersion };
  }

  get #ownJoins(): Joins {
    if (this.#joins === noJoins) {
      this.#joins = {
        merged: new Map(),
        newLinks: new Set(),
        movedLinks: new Set(),
        links: new Map(),
      };
    }
    return this.#joins;
  }

  #draftOf(entry: Entry): Draft {
    this.#noteChange(entry);
    if (entry.draft === undefined) {
      const { lanes, messages } = entry.hot.evidence;
      entry.draft = { ...entry.hot, evidence: { lanes: { ...lanes }, messages } };
      entry.hot = entry.draft;
    }
    return entry.draft;
  }

  #noteChange(entry: Entry): void {
    if (!entry.isChanged) this.#changedCount += 1;
    entry.isChanged = true;
  }

  #refuse(entry: Entry, identity: string): Entry {
    this.#refused.push({ profileId: entry.hot.profileId, identity });
    return entry;
  }

  #changed(): Entry[] {
    return [...this.#entries.values()].filter(({ isChanged }) => isChanged);
  }

  #linksOf(refs: ReadonlySet<string>): IdentityLink[] {
    if (refs.size === 0) return [];
    return Array.from(refs, (identity) => {
      const erased = this.#view.erased.get(identity);
      const profileId = this.#joins.links.get(identity) ?? '';
      return { identity, profileId, ...(erased !== undefined && { erased }) };
    });
  }

  #isLinked(ref: string): boolean {
    return this.#joins.links.has(ref) || this.#view.links.has(ref);
  }

  #found(profileId: string, timeMs: number): Entry {
    const entry: Entry = {
      hot: newHot(profileId, timeMs),
      draft: undefined,
      said: {},
      cold: { identities: [], lanes: {}, parts: {} },
      storedVersion: undefined,
      isChanged: false,
      isColdChanged: true,
    };
    this.#entries.set(profileId, entry);
    return entry;
  }

  #find(profileId: string): Entry | undefined {
    // One that is worked on was merged into no other.
    const known = this.#entries.get(profileId);
    if (known !== undefined) return known;
    const id = this.#lastOf(profileId);
    const last = this.#entries.get(id);
    if (last !== undefined) return last;
    const stored = this.#view.profiles.get(id);
    if (stored?.kind === 'unreadable') throw new ProfileRefusedError(stored.cause);
    if (stored?.kind !== 'profile') return undefined;
    const { hot, cold, isOutdated } = stored;
    const isKnownUnstored = hot.coldVersion === 0 && cold === undefined;
    const entry: Entry = {
      hot,
      draft: undefined,
      said: {},
      cold: isKnownUnstored ? unstoredCold(id) : cold,
      storedVersion: hot.version,
      isChanged: false,
      isColdChanged: isOutdated,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Follows tombstones, stored ones and those made here. */
  #lastOf(profileId: string): string {
    let id = profileId;
    for (let hop = 0; hop <= MERGE_HOPS_MAX; hop += 1) {
      const next =
        this.#joins.merged.get(id)?.mergedInto ?? mergedInto(this.#view.profiles.get(id));
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
