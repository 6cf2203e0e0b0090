import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { type InspectionPage, inspectionPage } from '../../core/events/inspection/fact.ts';
import { canonicalJson } from '../../core/profile/canonical-json.ts';
import type { StoredItem } from './batch-read.ts';

/**
 * Takes the facts of these events out of the inspector's pages; each page is told of before, with how many facts
 * of it go. Returns how many pages were looked at.
 */
export async function deleteFacts(
  client: DynamoDBClient,
  table: string,
  messageIds: ReadonlySet<string>,
  noteLeaving: (page: string, factCount: number) => Promise<void>,
): Promise<number> {
  let scannedCount = 0;
  if (messageIds.size === 0) return scannedCount;
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const item of Items) {
      if (item.page?.S === undefined) continue;
      scannedCount += 1;
      const page = inspectionPage.parse(JSON.parse(item.page.S));
      const facts = page.facts.filter(({ messageId }) => !messageIds.has(messageId ?? ''));
      const goneCount = page.facts.length - facts.length;
      if (goneCount === 0) continue;
      await noteLeaving(pageKey(item), goneCount);
      const left: InspectionPage = { ...page, facts, leftOutCount: page.leftOutCount + goneCount };
      const Item = { ...item, page: { S: JSON.stringify(left) } };
      await replace(client, table, Item, item.page.S);
    }
  }
  return scannedCount;
}

/** Whatever the table's keys are: all of the item but what it says. */
function pageKey({ page: _, ...key }: StoredItem): string {
  return canonicalJson(key);
}

/** A page that has expired meanwhile must not come back. */
async function replace(
  client: DynamoDBClient,
  table: string,
  item: StoredItem,
  before: string,
): Promise<void> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: item,
        ConditionExpression: 'page = :before',
        ExpressionAttributeValues: { ':before': { S: before } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
