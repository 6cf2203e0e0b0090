import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { type InspectionPage, inspectionPage } from '../../core/events/inspection/fact.ts';

/** Takes the facts of these events out of the inspector's pages; returns how many facts and pages there were. */
export async function deleteFacts(
  client: DynamoDBClient,
  table: string,
  messageIds: ReadonlySet<string>,
): Promise<{
  readonly pageCount: number;
  readonly factCount: number;
  readonly scannedCount: number;
}> {
  let [pageCount, factCount, scannedCount] = [0, 0, 0];
  if (messageIds.size === 0) return { pageCount, factCount, scannedCount };
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const item of Items) {
      if (item.page?.S === undefined) continue;
      scannedCount += 1;
      const page = inspectionPage.parse(JSON.parse(item.page.S));
      const facts = page.facts.filter(({ messageId }) => !messageIds.has(messageId ?? ''));
      const goneCount = page.facts.length - facts.length;
      if (goneCount === 0) continue;
      const left: InspectionPage = { ...page, facts, leftOutCount: page.leftOutCount + goneCount };
      const Item = { ...item, page: { S: JSON.stringify(left) } };
      if (!(await replace(client, table, Item, item.page.S))) continue;
      pageCount += 1;
      factCount += goneCount;
    }
  }
  return { pageCount, factCount, scannedCount };
}

/** A page that has expired meanwhile must not come back. */
async function replace(
  client: DynamoDBClient,
  table: string,
  item: NonNullable<PutItemCommand['input']['Item']>,
  before: string,
): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: item,
        ConditionExpression: 'page = :before',
        ExpressionAttributeValues: { ':before': { S: before } },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
