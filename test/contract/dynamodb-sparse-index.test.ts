import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoDbContract } from './dynamodb-contract.ts';
import { until } from './until.ts';

const contract = dynamoDbContract();
const TableName = `contract-index-${randomUUID()}`;

beforeAll(async () => {
  await contract.client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['id', 'due'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-due',
          KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client: contract.client, maxWaitTime: 60 }, { TableName });
});
afterAll(async () => {
  await contract.client.send(new DeleteTableCommand({ TableName }));
});

const itemOf = (id: string, due?: string) => ({
  id: { S: id },
  other: { S: 'not projected' },
  ...(due !== undefined && { due: { S: due } }),
});
const put = (id: string, due?: string) =>
  contract.client.send(new PutItemCommand({ TableName, Item: itemOf(id, due) }));

/** Waits until the index, which follows the table, has exactly these. */
async function expectDue(due: string, ids: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(ids);
  const items = await until(async () => {
    const { Items = [] } = await contract.client.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-due',
        KeyConditionExpression: 'due = :due',
        ExpressionAttributeValues: { ':due': { S: due } },
      }),
    );
    const found = JSON.stringify(Items.map(({ id }) => id?.S).sort());
    return found === wanted ? Items : undefined;
  });
  for (const item of items) expect(Object.keys(item).sort()).toEqual(['due', 'id']);
}

describe('a sparse index of DynamoDB', () => {
  it('holds the keys of the items that have its attribute, and no others', async () => {
    await put('with', 'a');
    await put('without');
    await expectDue('a', ['with']);
  });

  it('follows an item to another value, and lets it go where a put has the attribute no more', async () => {
    await put('moving', 'b');
    await expectDue('b', ['moving']);
    await put('moving', 'c');
    await expectDue('c', ['moving']);
    await expectDue('b', []);
    await put('moving');
    await expectDue('c', []);
  });

  it('follows what a transaction writes', async () => {
    await put('leaving', 'd');
    const items = [itemOf('leaving'), itemOf('coming', 'd')];
    await contract.client.send(
      new TransactWriteItemsCommand({
        TransactItems: items.map((Item) => ({ Put: { TableName, Item } })),
      }),
    );
    await expectDue('d', ['coming']);
  });
});
