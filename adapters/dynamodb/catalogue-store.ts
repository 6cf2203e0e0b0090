import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore, StoredEntry } from '../../core/catalogue/catalogue-store.ts';
import { entryFromStored, storedFormOf } from '../../core/catalogue/stored-entry.ts';
import { readBatch, type StoredItem } from './batch-read.ts';

/** The catalogue's table in DynamoDB, as the enricher writes it. */
export function createCatalogueStore(client: DynamoDBClient, table: string): CatalogueStore {
  return {
    readEntries: async (itemIds, isConsistent) => {
      const stored = await readBatch(client, {
        table,
        keyName: 'itemId',
        keys: itemIds,
        isConsistent,
      });
      return new Map(stored.map((item) => [item.itemId?.S ?? '', storedEntryOf(item)]));
    },
    writeEntry: (entry) => writeEntry(client, table, entry),
  };
}

function storedEntryOf(stored: StoredItem): StoredEntry {
  return entryFromStored(unmarshall(stored), Date.now()) ?? 'unreadable';
}

/** An item without a version was put there by hand; it counts as version 0. */
async function writeEntry(
  client: DynamoDBClient,
  table: string,
  entry: CatalogueEntry,
): Promise<'written' | 'conflict'> {
  const expectedVersion = entry.version - 1;
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: marshall(storedFormOf(entry)),
        ExpressionAttributeNames: { '#version': 'version' },
        ...(expectedVersion === 0
          ? { ConditionExpression: 'attribute_not_exists(#version)' }
          : {
              ConditionExpression: '#version = :expected',
              ExpressionAttributeValues: { ':expected': { N: String(expectedVersion) } },
            }),
      }),
    );
    return 'written';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'conflict';
    throw error;
  }
}
