import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { CART_DUE_ATTRIBUTE, CART_DUE_INDEX } from '../../core/profile/cart-due.ts';

/** The ids of the profiles in one bucket of the index, which follows the table within a moment. */
export async function readDueCarts(
  client: DynamoDBClient,
  profilesTable: string,
  bucket: string,
): Promise<string[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName: profilesTable,
      IndexName: CART_DUE_INDEX,
      KeyConditionExpression: '#due = :bucket',
      ExpressionAttributeNames: { '#due': CART_DUE_ATTRIBUTE },
      ExpressionAttributeValues: { ':bucket': { S: bucket } },
    },
  );
  const ids: string[] = [];
  for await (const { Items = [] } of pages) {
    ids.push(...Items.flatMap(({ profileId }) => profileId?.S ?? []));
  }
  return ids;
}
