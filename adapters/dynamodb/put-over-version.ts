import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';

/**
 * Writes a document with a `version` over the one of the version that was seen; undefined: none was stored. False
 * where another one stands there by now.
 */
export async function putOverVersion(
  { client, table }: { readonly client: DynamoDBClient; readonly table: string },
  Item: Record<string, AttributeValue>,
  seenVersion: number | undefined,
): Promise<boolean> {
  const condition =
    seenVersion === undefined
      ? { ConditionExpression: 'attribute_not_exists(#version)' }
      : {
          ConditionExpression: '#version = :seen',
          ExpressionAttributeValues: { ':seen': { N: String(seenVersion) } },
        };
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item,
        ExpressionAttributeNames: { '#version': 'version' },
        ...condition,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
