import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import type { ErasedIdentity } from '../../core/identity/erased-identity.ts';
import {
  type ColdProfile,
  type HotProfile,
  joinedProfile,
  unstoredCold,
} from '../../core/profile/hot-cold.ts';
import type { Profile, ProfileTombstone } from '../../core/profile/profile.ts';
import type {
  ProfileStore,
  ProfileWrite,
  StoredLinks,
  StoredProfile,
  WantedProfile,
  WriteOutcome,
} from '../../core/profile/profile-store.ts';

/** The store's contract in a few lines: conditions are checked, and all is written or nothing. */
export class MemoryProfileStore implements ProfileStore {
  readonly links = new Map<string, string>();
  readonly erased = new Map<string, ErasedIdentity>();
  readonly profiles = new Map<string, HotProfile | ProfileTombstone>();
  readonly colds = new Map<string, ColdProfile>();
  readonly claims = new Set<string>();

  async readLinks(refs: readonly string[]): Promise<StoredLinks> {
    return { links: found(this.links, refs), erased: found(this.erased, refs) };
  }

  async readProfiles(
    wanted: readonly WantedProfile[],
  ): Promise<ReadonlyMap<string, StoredProfile>> {
    const found = new Map<string, StoredProfile>();
    for (const { profileId, withCold } of wanted) {
      const stored = this.profiles.get(profileId);
      if (stored === undefined) continue;
      if ('mergedInto' in stored) {
        const { mergedInto, version } = stored;
        found.set(profileId, { kind: 'merged', mergedInto, version });
        continue;
      }
      const cold = withCold ? structuredClone(this.colds.get(profileId)) : undefined;
      const hot = structuredClone(stored);
      found.set(profileId, { kind: 'profile', hot, cold, isOutdated: false });
    }
    return found;
  }

  async write(write: ProfileWrite): Promise<WriteOutcome> {
    const puts = [
      ...write.profiles.map(({ hot, expectedVersion }) => ({ put: hot, expectedVersion })),
      ...write.tombstones.map((each) => ({
        put: each.tombstone,
        expectedVersion: each.expectedVersion,
      })),
    ];
    const isConflict =
      puts.some(
        (each) => this.profiles.get(each.put.profileId)?.version !== each.expectedVersion,
      ) ||
      write.newLinks.some(
        ({ identity, erased }) =>
          this.links.has(identity) || this.erased.get(identity)?.erasureId !== erased?.erasureId,
      );
    if (isConflict) return { kind: 'conflict' };
    const keys = write.claims.map(({ key }) => key).filter((key) => this.claims.has(key));
    if (keys.length > 0) return { kind: 'claimed', keys };
    for (const { put } of puts) this.profiles.set(put.profileId, structuredClone(put));
    for (const { hot, cold } of write.profiles) {
      if (cold !== undefined) this.colds.set(hot.profileId, structuredClone(cold));
    }
    for (const { tombstone } of write.tombstones) this.colds.delete(tombstone.profileId);
    for (const link of [...write.newLinks, ...write.movedLinks]) {
      this.links.set(link.identity, link.profileId);
    }
    for (const { key } of write.claims) this.claims.add(key);
    return { kind: 'written' };
  }

  liveProfiles(): Profile[] {
    return [...this.profiles.values()].flatMap((stored) => {
      if ('mergedInto' in stored) return [];
      return [
        joinedProfile(stored, this.colds.get(stored.profileId) ?? unstoredCold(stored.profileId)),
      ];
    });
  }
}

export class MemoryCatalogueStore implements CatalogueStore {
  readonly entries = new Map<string, CatalogueEntry>();
  writeCount = 0;

  async readEntries(itemIds: readonly string[], _isConsistent = false) {
    return new Map(
      itemIds.flatMap((id) => {
        const entry = this.entries.get(id);
        return entry === undefined ? [] : [[id, entry] as const];
      }),
    );
  }

  async writeEntry(entry: CatalogueEntry): Promise<'written' | 'conflict'> {
    this.writeCount += 1;
    if ((this.entries.get(entry.itemId)?.version ?? 0) !== entry.version - 1) return 'conflict';
    this.entries.set(entry.itemId, entry);
    return 'written';
  }
}

function found<Value>(
  stored: ReadonlyMap<string, Value>,
  keys: readonly string[],
): Map<string, Value> {
  return new Map(
    keys.flatMap((key) => {
      const value = stored.get(key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}
