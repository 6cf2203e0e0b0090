import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';
import { shownItem } from '../../core/blocks/shown-item.ts';

export type ShownItem = z.infer<typeof shownItem>;

/** What was shown where; see core/blocks/shown-item.ts. */
export interface ShownItems {
  find(key: string, nowS: number, signal: AbortSignal): Promise<ShownItem | undefined>;
  /** Keeps the item unless another one was first; gives the one that is kept. */
  keepFirst(
    key: string,
    item: ShownItem,
    times: ShownTimes,
    signal: AbortSignal,
  ): Promise<ShownItem>;
}

export interface ShownTimes {
  readonly nowS: number;
  readonly expiresAtS: number;
}

export function createShownItems(client: DynamoDBClient, table: string): ShownItems {
  const find: ShownItems['find'] = async (key, nowS, abortSignal) => {
    const command = new GetItemCommand({
      TableName: table,
      Key: { key: { S: key } },
      ConsistentRead: true,
    });
    const { Item } = await client.send(command, { abortSignal });
    if (Item === undefined) return undefined;
    const { expiresAt, item } = unmarshall(Item);
    // DynamoDB deletes what has expired within days.
    return Number(expiresAt) > nowS ? shownItem.parse(item) : undefined;
  };
  return {
    find,
    async keepFirst(key, item, { nowS, expiresAtS }, abortSignal) {
      try {
        const command = new PutItemCommand({
          TableName: table,
          Item: marshall({ key, item, expiresAt: expiresAtS }),
          ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
          ExpressionAttributeNames: { '#key': 'key', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: { ':now': { N: String(nowS) } },
        });
        await client.send(command, { abortSignal });
        return item;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return (await find(key, nowS, abortSignal)) ?? item;
      }
    },
  };
}
