import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import type { StoredProfile } from '../../core/profile/profile-store.ts';
import type { EnrichPorts } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';

/** Stores that keep what they are given and check nothing: what is left is the enricher's own work. */
export function portsInMemory(): EnrichPorts {
  const links = new Map<string, string>();
  const profiles = new Map<string, StoredProfile>();
  const entries = new Map<string, CatalogueEntry>();
  const catalogue: CatalogueStore = {
    readEntries: async (itemIds) => found(entries, itemIds),
    writeEntry: async (entry) => {
      entries.set(entry.itemId, entry);
      return 'written';
    },
  };
  return {
    profiles: {
      readLinks: async (refs) => ({ links: found(links, refs), erased: new Map() }),
      readProfiles: async (ids) => found(profiles, ids),
      write: async (write) => {
        for (const { profile } of write.profiles) {
          profiles.set(profile.profileId, { kind: 'profile', profile });
        }
        for (const { tombstone } of write.tombstones) {
          profiles.set(tombstone.profileId, { kind: 'merged', ...tombstone });
        }
        for (const link of [...write.newLinks, ...write.movedLinks]) {
          links.set(link.identity, link.profileId);
        }
        return { kind: 'written' };
      },
    },
    catalogue,
    entryCache: new EntryCache(),
    writePoison: async () => undefined,
    keepRefused: async () => undefined,
    surroundings: { nowMs: Date.now, random: Math.random, sleep: async () => undefined },
  };
}

function found<V>(map: ReadonlyMap<string, V>, keys: readonly string[]): Map<string, V> {
  const some = new Map<string, V>();
  for (const key of keys) {
    const value = map.get(key);
    if (value !== undefined) some.set(key, value);
  }
  return some;
}
