import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { erasedIdentity } from '../../core/identity/erased-identity.ts';
import { PROFILE_SCHEMA_VERSION, profile, profileTombstone } from '../../core/profile/profile.ts';
import type { ProfileStore, StoredProfile } from '../../core/profile/profile-store.ts';
import { readBatch, type StoredItem } from './batch-read.ts';
import { type ProfileTables, writeProfiles } from './profile-write.ts';

/** An item of the identities table: a link, the mark of an erasure, or both once the customer has come back. */
export const identityItem = z.object({
  identity: z.string(),
  profileId: z.string().optional(),
  erased: erasedIdentity.optional(),
});

/** Profiles, identities and claims in DynamoDB. */
export function createProfileStore(client: DynamoDBClient, tables: ProfileTables): ProfileStore {
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
    readProfiles: async (profileIds) => {
      const items = await readBatch(client, {
        table: tables.profiles,
        keyName: 'profileId',
        keys: profileIds,
        isConsistent: true,
      });
      return new Map(items.map((stored) => [stored.profileId?.S ?? '', storedProfileOf(stored)]));
    },
    write: (write) => writeProfiles(client, tables, write),
  };
}

/** What an item of the profiles table is; what this code doesn't know is left as it is. */
export function storedProfileOf(stored: StoredItem): StoredProfile {
  const document = unmarshall(stored);
  const tombstone = profileTombstone.safeParse(document);
  if (tombstone.success) return { kind: 'merged', ...tombstone.data };
  const parsed = profile.safeParse(document);
  if (parsed.success) return { kind: 'profile', profile: parsed.data };
  if (document.schemaVersion !== PROFILE_SCHEMA_VERSION) {
    const cause = `schemaVersion is ${String(document.schemaVersion)}, this code knows ${PROFILE_SCHEMA_VERSION}: deploy the version that wrote it, or migrate the profile`;
    return { kind: 'unreadable', cause };
  }
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path[0] ?? 'profile'))];
  return { kind: 'unreadable', cause: `not in the form of a profile: ${fields.join(', ')}` };
}
