import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ErasedIdentity } from '../../core/identity/erased-identity.ts';
import { readBatch } from './batch-read.ts';
import { identityItem } from './profile-store.ts';

/** Ten requests of a hundred keys side by side. */
const REFS_AT_ONCE = 1_000;

/**
 * Whose identities these are: the id of the profile that each is linked to now, after all merges. Identities that are
 * linked to none are left out. Read without consistency, for half the price: a link of this minute can wait a night.
 */
export async function identityOwners(
  client: DynamoDBClient,
  identitiesTable: string,
  refs: readonly string[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (let from = 0; from < refs.length; from += REFS_AT_ONCE) {
    const items = await readBatch(client, {
      table: identitiesTable,
      keyName: 'identity',
      keys: refs.slice(from, from + REFS_AT_ONCE),
      isConsistent: false,
    });
    for (const item of items) {
      const { identity, profileId } = identityItem.parse(unmarshall(item));
      if (profileId !== undefined) owners.set(identity, profileId);
    }
  }
  return owners;
}

/** What stands of an erasure under the first of these identities that has such a mark. */
export async function erasureOf(
  client: DynamoDBClient,
  identitiesTable: string,
  refs: readonly string[],
): Promise<ErasedIdentity | undefined> {
  const items = await readBatch(client, {
    table: identitiesTable,
    keyName: 'identity',
    keys: refs,
    isConsistent: true,
  });
  const read = items.map((item) => identityItem.parse(unmarshall(item)));
  return read.find(({ erased }) => erased !== undefined)?.erased;
}
