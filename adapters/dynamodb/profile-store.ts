import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { erasedIdentity } from '../../core/identity/erased-identity.ts';
import type { ProfileStore, StoredProfile } from '../../core/profile/profile-store.ts';
import { readBatch, type StoredItem } from './batch-read.ts';
import { KnownProfiles } from './known-profiles.ts';
import { coldKeyOf, isColdKey, type ReadHot, storedProfileOf } from './profile-item.ts';
import { type ProfileTables, writeProfiles } from './profile-write.ts';

/** An item of the identities table: a link, the mark of an erasure, or both once the customer has come back. */
export const identityItem = z.object({
  identity: z.string(),
  profileId: z.string().optional(),
  erased: erasedIdentity.optional(),
});

/** Profiles, identities and claims in DynamoDB. */
export function createProfileStore(client: DynamoDBClient, tables: ProfileTables): ProfileStore {
  const known = new KnownProfiles();
  const readHot: ReadHot = (profileId, version, text) => known.read(profileId, version, text);
  return {
    readLinks: async (identityRefs) => {
      const items = await readBatch(client, {
        table: tables.identities,
        keyName: 'identity',
        keys: identityRefs,
        isConsistent: true,
      });
      const parsed = items.map((stored) => identityItem.parse(unmarshall(stored)));
      return {
        links: new Map(
          parsed.flatMap(({ identity, profileId }) =>
            profileId === undefined ? [] : [[identity, profileId]],
          ),
        ),
        erased: new Map(
          parsed.flatMap(({ identity, erased }) =>
            erased === undefined ? [] : [[identity, erased]],
          ),
        ),
      };
    },
    readProfiles: async (wanted) => {
      const items = await readBatch(client, {
        table: tables.profiles,
        keyName: 'profileId',
        keys: wanted.flatMap(({ profileId, withCold }) =>
          withCold ? [profileId, coldKeyOf(profileId)] : [profileId],
        ),
        isConsistent: true,
      });
      return storedProfiles(items, readHot);
    },
    write: async (write) => {
      const outcome = await writeProfiles(client, tables, write);
      if (outcome.kind !== 'written') return outcome;
      for (const { hot, hotText } of write.profiles) known.keep(hot, hotText);
      return outcome;
    },
  };
}

/** By profile id, what lies in the table, read one way or another; each profile's two items together. */
export function storedProfiles(
  items: readonly StoredItem[],
  readHot?: ReadHot,
): Map<string, StoredProfile> {
  const byKey = new Map(items.map((item) => [item.profileId?.S ?? '', item]));
  const profiles = new Map<string, StoredProfile>();
  for (const [key, item] of byKey) {
    if (isColdKey(key)) continue;
    profiles.set(key, storedProfileOf(item, byKey.get(coldKeyOf(key)), readHot));
  }
  return profiles;
}

/** The profiles whose hot items were read, each with its cold item, which is read where it is not among them. */
export async function withColdItems(
  client: DynamoDBClient,
  table: string,
  items: readonly StoredItem[],
): Promise<Map<string, StoredProfile>> {
  const known = new Set(items.map(({ profileId }) => profileId?.S ?? ''));
  const missing = [...storedProfiles(items).values()].flatMap((stored) => {
    if (stored.kind !== 'profile' || stored.cold !== undefined) return [];
    const key = coldKeyOf(stored.hot.profileId);
    return known.has(key) ? [] : [key];
  });
  const keys = { table, keyName: 'profileId', keys: missing, isConsistent: false };
  return storedProfiles([...items, ...(await readBatch(client, keys))]);
}
