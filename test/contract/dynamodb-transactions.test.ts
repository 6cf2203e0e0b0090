/** What the product relies on in DynamoDB's transactions; KINDRED_CONTRACT_DYNAMODB_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import {
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDbContract } from './dynamodb-contract.ts';
import { foreignEndpoint } from './endpoint.ts';

const contract = dynamoDbContract();
const { table, faults, put, increment, read } = contract;

describe('a transaction', () => {
  it('writes all of its items', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await contract.client.send(
      new TransactWriteItemsCommand({ TransactItems: [put(a, 1), put(b, 2)] }),
    );
    const { Responses } = await contract.client.send(
      new TransactGetItemsCommand({
        TransactItems: [a, b].map((id) => ({ Get: { TableName: table, Key: { id: { S: id } } } })),
      }),
    );
    expect(Responses?.map(({ Item }) => Item?.value)).toEqual([{ N: '1' }, { N: '2' }]);
  });

  it('writes none of them when one condition fails, and says which', async () => {
    const [taken, fresh] = [randomUUID(), randomUUID()];
    await contract.client.send(new TransactWriteItemsCommand({ TransactItems: [put(taken, 1)] }));
    const failing = contract.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          put(fresh, 1),
          {
            Put: {
              ...put(taken, 2).Put,
              ConditionExpression: 'attribute_not_exists(id)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
      }),
    );
    await expect(failing).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Item: { value: { N: '1' } } },
      ],
    });
    expect(await read(fresh)).toBeUndefined();
    expect(await read(taken)).toMatchObject({ value: { N: '1' } });
  });

  it('mixes put, update, delete and check', async () => {
    const [updated, deleted, checked, made] = [
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
    ];
    await contract.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [put(updated, 1), put(deleted, 1), put(checked, 1)],
      }),
    );
    const names = { '#value': 'value' };
    await contract.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          put(made, 1),
          {
            Update: {
              TableName: table,
              Key: { id: { S: updated } },
              UpdateExpression: 'SET #value = #value + :one',
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
          { Delete: { TableName: table, Key: { id: { S: deleted } } } },
          {
            ConditionCheck: {
              TableName: table,
              Key: { id: { S: checked } },
              ConditionExpression: '#value = :one',
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
        ],
      }),
    );
    expect(await read(updated)).toMatchObject({ value: { N: '2' } });
    expect(await read(deleted)).toBeUndefined();
    expect(await read(made)).toBeDefined();
  });

  it('lets one of many racing writers win', async () => {
    const id = randomUUID();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        contract.client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { ...put(id, index).Put, ConditionExpression: 'attribute_not_exists(id)' } },
              put(randomUUID(), index),
            ],
          }),
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('refuses the same item twice, and more than a hundred actions', async () => {
    const id = randomUUID();
    const twice = new TransactWriteItemsCommand({ TransactItems: [put(id, 1), put(id, 2)] });
    await expect(contract.client.send(twice)).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const many = Array.from({ length: 101 }, () => put(randomUUID(), 1));
    await expect(
      contract.client.send(new TransactWriteItemsCommand({ TransactItems: many })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await read(id)).toBeUndefined();
  });

  it('leaves everything as it was when an action turns out impossible, and says which', async () => {
    const [kept, fresh, text] = [randomUUID(), randomUUID(), randomUUID()];
    await contract.client.send(new TransactWriteItemsCommand({ TransactItems: [put(kept, 1)] }));
    await contract.client.send(
      new PutItemCommand({ TableName: table, Item: { id: { S: text }, value: { S: 'text' } } }),
    );
    const addToText = { Update: { ...increment(text).Update } };
    const failing = contract.client.send(
      new TransactWriteItemsCommand({ TransactItems: [put(kept, 2), put(fresh, 2), addToText] }),
    );
    await expect(failing).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'None' }, { Code: 'ValidationError' }],
    });
    expect(await read(kept)).toMatchObject({ value: { N: '1' } });
    expect(await read(fresh)).toBeUndefined();
  });

  it('is done once however often it is sent with one token', async () => {
    const [id, token] = [randomUUID(), randomUUID()];
    const send = (action: object) =>
      contract.client.send(
        new TransactWriteItemsCommand({ TransactItems: [action], ClientRequestToken: token }),
      );
    await send(increment(id));
    await send(increment(id));
    expect(await read(id)).toMatchObject({ value: { N: '1' } });
    await Promise.all([send(increment(id)), send(increment(id))]);
    expect(await read(id)).toMatchObject({ value: { N: '1' } });
    await expect(send(put(id, 9))).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });

  it('is seen whole or not at all by transactions that read', async () => {
    const ids = Array.from({ length: 25 }, () => randomUUID());
    const write = (value: number) =>
      contract.client.send(
        new TransactWriteItemsCommand({ TransactItems: ids.map((id) => put(id, value)) }),
      );
    // From the other end, so that the reader would meet the writer in the middle.
    const valuesRead = async () => {
      const { Responses = [] } = await contract.client.send(
        new TransactGetItemsCommand({
          TransactItems: ids
            .toReversed()
            .map((id) => ({ Get: { TableName: table, Key: { id: { S: id } } } })),
        }),
      );
      return new Set(Responses.map(({ Item }) => Item?.value?.N));
    };
    await write(0);
    for (let value = 1; value <= 10; value += 1) {
      const [, ...seen] = await Promise.all([write(value), valuesRead(), valuesRead()]);
      expect(seen.map(({ size }) => size)).toEqual([1, 1]);
    }
  });

  it('tells what it consumed: two units per started kilobyte and item', async () => {
    const { ConsumedCapacity } = await contract.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [put(randomUUID(), 1), put(randomUUID(), 2)],
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    expect(ConsumedCapacity?.[0]).toMatchObject({ TableName: table, CapacityUnits: 4 });
  });
});

describe.skipIf(foreignEndpoint('dynamodb') !== undefined)('the local engine', () => {
  it('cancels a transaction for a conflict when told to', async () => {
    faults.inject({
      service: 'dynamodb',
      operation: 'TransactWriteItems',
      action: { kind: 'conflict' },
      times: 1,
    });
    const id = randomUUID();
    const write = () =>
      contract.client.send(new TransactWriteItemsCommand({ TransactItems: [put(id, 1)] }));
    await expect(write()).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    expect(await read(id)).toBeUndefined();
    await write();
  });
});
