import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

export type StoredItem = Record<string, AttributeValue>;

/** DynamoDB's limit of one BatchGetItem. */
const KEYS_PER_READ_MAX = 100;

/** An answer is cut at 16 MB or under load; what it left is asked for again this often. */
const ROUNDS_MAX = 6;
const BACKOFF_MS = 20;

export interface BatchRead {
  readonly table: string;
  /** Name of the table's only key attribute, a string. */
  readonly keyName: string;
  readonly keys: readonly string[];
  readonly isConsistent: boolean;
}

/**
 * The items under these keys that exist, in no order; as many requests in parallel as there are
 * hundreds of keys.
 * @throws when DynamoDB fails, or still leaves keys unread after ROUNDS_MAX rounds.
 */
export async function readBatch(client: DynamoDBClient, read: BatchRead): Promise<StoredItem[]> {
  const keys = [...new Set(read.keys)];
  const pages: Promise<StoredItem[]>[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_READ_MAX) {
    pages.push(readPage(client, read, keys.slice(from, from + KEYS_PER_READ_MAX)));
  }
  return (await Promise.all(pages)).flat();
}

async function readPage(
  client: DynamoDBClient,
  { table, keyName, isConsistent }: BatchRead,
  keys: readonly string[],
): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  let unread: StoredItem[] = keys.map((key) => ({ [keyName]: { S: key } }));
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const answer = await client.send(
      new BatchGetItemCommand({
        RequestItems: { [table]: { Keys: unread, ConsistentRead: isConsistent } },
      }),
    );
    items.push(...(answer.Responses?.[table] ?? []));
    unread = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    if (unread.length === 0) return items;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * BACKOFF_MS * 2 ** round));
  }
  throw new Error(
    `DynamoDB left ${unread.length} keys of ${table} unread ${ROUNDS_MAX} times (throttled)`,
  );
}
