import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { StoredProfile } from '../../core/profile/profile-store.ts';
import type { ItemReads } from './item-reads.ts';
import { coldKeyOf, isColdKey } from './profile-item.ts';
import { identityItem, storedProfiles } from './profile-store.ts';

/** The tables in which a customer is looked up. */
export interface CustomerTables {
  readonly reads: ItemReads;
  readonly identitiesTable: string;
  readonly profilesTable: string;
}

/** A chain of merges longer than this is a fault of ours, not a customer. */
const MERGE_HOPS_MAX = 8;

/** After so many the hot item alone has to do: a part of a profile beats none. */
const TORN_READS_MAX = 3;

/**
 * The profile id behind the first of `identityRefs` that is linked to one, else `profileId` itself
 * where it is one; undefined for a stranger. Consistent: a link made a moment ago is seen.
 * @throws when DynamoDB fails or leaves keys unread.
 */
export async function findProfileId(
  tables: CustomerTables,
  identityRefs: readonly string[],
  profileId: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const answer = await tables.reads.batchGetItem(
    {
      RequestItems: {
        [tables.identitiesTable]: {
          ConsistentRead: true,
          Keys: identityRefs.map((identity) => marshall({ identity })),
        },
        [tables.profilesTable]: {
          ConsistentRead: true,
          Keys: [marshall({ profileId })],
          ProjectionExpression: 'profileId',
        },
      },
    },
    { abortSignal },
  );
  if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0) {
    throw new Error('DynamoDB left keys of a lookup unread (throttled).');
  }
  const links = new Map(
    (answer.Responses?.[tables.identitiesTable] ?? [])
      .map((stored) => identityItem.parse(unmarshall(stored)))
      .map((link) => [link.identity, link.profileId]),
  );
  const linked = identityRefs.map((ref) => links.get(ref)).find((found) => found !== undefined);
  const isProfileId =
    !isColdKey(profileId) && (answer.Responses?.[tables.profilesTable] ?? []).length > 0;
  return linked ?? (isProfileId ? profileId : undefined);
}

/**
 * The profile of this id, or the one it was merged into; undefined where there is none yet. One request per
 * profile on the way. Consistent: an event folded in a moment ago is in it.
 * @throws when DynamoDB fails, leaves items unread, or what is stored has not the form of a profile.
 */
export async function readProfile(
  tables: CustomerTables,
  profileId: string,
  abortSignal: AbortSignal,
): Promise<Profile | undefined> {
  let id = profileId;
  for (let hop = 0; hop <= MERGE_HOPS_MAX; hop += 1) {
    const stored = await readStored(tables, id, abortSignal);
    if (stored === undefined) return undefined;
    if (stored.kind === 'unreadable') throw new Error(stored.cause);
    if (stored.kind === 'profile') {
      return wholeProfile(stored);
    }
    id = stored.mergedInto;
  }
  throw new Error(`A profile was merged more than ${MERGE_HOPS_MAX} times in a row.`);
}

/** Both items; read again where a write came in between, which is seldom and over within milliseconds. */
async function readStored(
  { reads, profilesTable }: CustomerTables,
  profileId: string,
  abortSignal: AbortSignal,
): Promise<StoredProfile | undefined> {
  let stored: StoredProfile | undefined;
  for (let attempt = 1; attempt <= TORN_READS_MAX; attempt += 1) {
    const answer = await reads.batchGetItem(
      {
        RequestItems: {
          [profilesTable]: {
            ConsistentRead: true,
            Keys: [profileId, coldKeyOf(profileId)].map((key) => ({ profileId: { S: key } })),
          },
        },
      },
      { abortSignal },
    );
    if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0) {
      throw new Error('DynamoDB left items of a profile unread (throttled).');
    }
    stored = storedProfiles(answer.Responses?.[profilesTable] ?? []).get(profileId);
    if (stored?.kind !== 'profile' || stored.cold !== undefined) return stored;
  }
  return stored;
}
