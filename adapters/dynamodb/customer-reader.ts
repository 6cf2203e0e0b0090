import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Profile, profile, profileTombstone } from '../../core/profile/profile.ts';
import { identityItem } from './profile-store.ts';

/** The tables in which a customer is looked up. */
export interface CustomerTables {
  readonly client: DynamoDBClient;
  readonly identitiesTable: string;
  readonly profilesTable: string;
}

/** A chain of merges longer than this is a fault of ours, not a customer. */
const MERGE_HOPS_MAX = 8;

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
  const answer = await tables.client.send(
    new BatchGetItemCommand({
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
    }),
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
  const isProfileId = (answer.Responses?.[tables.profilesTable] ?? []).length > 0;
  return linked ?? (isProfileId ? profileId : undefined);
}

/**
 * The profile of this id, or the one it was merged into; undefined where there is none yet.
 * Consistent: an event folded in a moment ago is in it.
 * @throws when DynamoDB fails or what is stored has not the form of a profile.
 */
export async function readProfile(
  tables: CustomerTables,
  profileId: string,
  abortSignal: AbortSignal,
): Promise<Profile | undefined> {
  let id = profileId;
  for (let hop = 0; hop <= MERGE_HOPS_MAX; hop += 1) {
    const { Item } = await tables.client.send(
      new GetItemCommand({
        TableName: tables.profilesTable,
        Key: marshall({ profileId: id }),
        ConsistentRead: true,
      }),
      { abortSignal },
    );
    if (Item === undefined) return undefined;
    const stored = unmarshall(Item);
    const tombstone = profileTombstone.safeParse(stored);
    if (!tombstone.success) return profile.parse(stored);
    id = tombstone.data.mergedInto;
  }
  throw new Error(`A profile was merged more than ${MERGE_HOPS_MAX} times in a row.`);
}
