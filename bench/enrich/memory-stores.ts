import { KnownProfiles } from '../../adapters/dynamodb/known-profiles.ts';
import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import type { StoredProfile, WantedProfile } from '../../core/profile/profile-store.ts';
import { decodeCold, encodeCold } from '../../core/profile/stored-profile.ts';
import type { EnrichPorts } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';

/** Both items of a profile as their texts, or where it went. */
type KeptProfile =
  | { readonly version: number; readonly hot: string; readonly cold: string | undefined }
  | { readonly version: number; readonly mergedInto: string };

/**
 * Stores that keep what they are given, in the form that is stored, and check nothing: what is left is the
 * enricher's own work.
 */
export function portsInMemory(): EnrichPorts {
  const links = new Map<string, string>();
  const profiles = new Map<string, KeptProfile>();
  const known = new KnownProfiles();
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
      readProfiles: async (wanted) => readKept(profiles, known, wanted),
      write: async (write) => {
        for (const { hot, hotText, cold } of write.profiles) {
          const { profileId, version } = hot;
          const before = profiles.get(profileId);
          const kept = before !== undefined && 'cold' in before ? before.cold : undefined;
          known.keep(hot, hotText);
          const coldText = cold === undefined ? kept : encodeCold(cold);
          profiles.set(profileId, { version, hot: hotText, cold: coldText });
        }
        for (const { tombstone } of write.tombstones) {
          const { profileId, version, mergedInto } = tombstone;
          profiles.set(profileId, { version, mergedInto });
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

function readKept(
  profiles: ReadonlyMap<string, KeptProfile>,
  known: KnownProfiles,
  wanted: readonly WantedProfile[],
): Map<string, StoredProfile> {
  const read = new Map<string, StoredProfile>();
  for (const { profileId, withCold } of wanted) {
    const kept = profiles.get(profileId);
    if (kept === undefined) continue;
    if ('mergedInto' in kept) {
      read.set(profileId, { kind: 'merged', ...kept });
      continue;
    }
    const { version, hot: text, cold } = kept;
    read.set(profileId, {
      kind: 'profile',
      hot: known.read(profileId, version, text),
      cold: withCold && cold !== undefined ? decodeCold(cold) : undefined,
      isOutdated: false,
    });
  }
  return read;
}

function found<V>(map: ReadonlyMap<string, V>, keys: readonly string[]): Map<string, V> {
  const some = new Map<string, V>();
  for (const key of keys) {
    const value = map.get(key);
    if (value !== undefined) some.set(key, value);
  }
  return some;
}
