import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';

/** Tokens that a request may use once, in the table of what must never count twice. */
export interface SingleUseTokens {
  /**
   * Whether `token` is unused, or was used by the very same request: a sender's retry of what was not
   * acknowledged brings both again. `useSha256` names the request.
   */
  claim(token: string, useSha256: string, expiresAtS: number): Promise<boolean>;
}

/** `tokenKey` makes the item's key, so that a token stands apart from everything else in the table. */
export function createSingleUseTokens(
  client: DynamoDBClient,
  table: string,
  tokenKey: (token: string) => string,
): SingleUseTokens {
  return {
    async claim(token, useSha256, expiresAtS) {
      const command = new PutItemCommand({
        TableName: table,
        Item: {
          key: { S: tokenKey(token) },
          useSha256: { S: useSha256 },
          expiresAt: { N: String(expiresAtS) },
        },
        ConditionExpression: 'attribute_not_exists(#key) OR useSha256 = :use',
        ExpressionAttributeNames: { '#key': 'key' },
        ExpressionAttributeValues: { ':use': { S: useSha256 } },
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
