import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { foundedProfileId } from '../../core/identity/profile-id.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import { coldKeyOf } from './profile-item.ts';
import { createProfileStore } from './profile-store.ts';

export interface ResetTables {
  readonly profiles: string;
  readonly identities: string;
}

/** The customer changed at this moment, or one of its identities was erased once: nothing was taken away. */
export class CustomerChangedError extends Error {
  override readonly name = 'CustomerChangedError';
}

/** A chain of merges longer than this is a fault of ours. */
const HOPS_MAX = 8;

/**
 * Takes a customer's profile away, with everything that leads to it: links, and the tombstones of profiles that
 * were merged into it, through which its identities would find each other again. Answers with the references of
 * all its identities; with nothing where nobody is known by any of `refs`.
 * @throws CustomerChangedError
 */
export async function resetCustomer(
  client: DynamoDBClient,
  tables: ResetTables,
  refs: readonly string[],
): Promise<readonly string[]> {
  const store = createProfileStore(client, { ...tables, dedupe: '' });
  const { links } = await store.readLinks(refs);
  let [id] = links.values();
  for (let hop = 0; id !== undefined && hop <= HOPS_MAX; hop += 1) {
    const stored = (await store.readProfiles([{ profileId: id, withCold: true }])).get(id);
    if (stored?.kind === 'merged') id = stored.mergedInto;
    else if (stored?.kind === 'profile') {
      const { profileId, version, identities } = wholeProfile(stored);
      await takeAway(client, tables, { profileId, version, identities });
      return identities;
    } else return [];
  }
  return [];
}

async function takeAway(
  client: DynamoDBClient,
  tables: ResetTables,
  {
    profileId,
    version,
    identities,
  }: {
    readonly profileId: string;
    readonly version: number;
    readonly identities: readonly string[];
  },
): Promise<void> {
  const founded = identities.map(foundedProfileId).filter((id) => id !== profileId);
  const deletions = [
    {
      TableName: tables.profiles,
      Key: marshall({ profileId }),
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: marshall({ ':version': version }),
    },
    { TableName: tables.profiles, Key: marshall({ profileId: coldKeyOf(profileId) }) },
    ...founded.map((id) => ({
      TableName: tables.profiles,
      Key: marshall({ profileId: id }),
      // A profile of somebody else's is none of this customer's.
      ConditionExpression: 'attribute_not_exists(profileId) OR attribute_exists(mergedInto)',
    })),
    ...identities.map((identity) => ({
      TableName: tables.identities,
      Key: marshall({ identity }),
      ConditionExpression: 'attribute_not_exists(erased)',
    })),
  ];
  try {
    await client.send(
      new TransactWriteItemsCommand({ TransactItems: deletions.map((Delete) => ({ Delete })) }),
    );
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    throw new CustomerChangedError('the customer changed at this moment', { cause: error });
  }
}
