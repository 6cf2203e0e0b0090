/** What the product relies on in DynamoDB; KINDRED_CONTRACT_DYNAMODB_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ExportTableToPointInTimeCommand,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

const table = `contract-${randomUUID()}`;
const faults = new Faults();
let engine: DynamoDbEngine | undefined;
let client: DynamoDBClient;
let nowMs = Date.now();

beforeAll(async () => {
  const foreign = foreignEndpoint('dynamodb');
  engine =
    foreign === undefined ? await startDynamoDbEngine({ faults, now: () => nowMs }) : undefined;
  client = new DynamoDBClient({
    ...clientDefaults,
    endpoint: foreign ?? engine?.endpoint ?? '',
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: table });
});
afterEach(() => faults.liftAll());
afterAll(async () => {
  await client.send(new DeleteTableCommand({ TableName: table }));
  client.destroy();
  await engine?.stop();
});

const put = (id: string, value: number) => ({
  Put: { TableName: table, Item: { id: { S: id }, value: { N: String(value) } } },
});
const increment = (id: string) => ({
  Update: {
    TableName: table,
    Key: { id: { S: id } },
    UpdateExpression: 'ADD #value :one',
    ExpressionAttributeNames: { '#value': 'value' },
    ExpressionAttributeValues: { ':one': { N: '1' } },
  },
});
const read = async (id: string) => {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true }),
  );
  return Item;
};

describe('a conditional write', () => {
  it('is refused when its condition fails, and gives the item that stands in the way when asked', async () => {
    const id = randomUUID();
    await client.send(
      new PutItemCommand({ TableName: table, Item: { id: { S: id }, value: { N: '1' } } }),
    );
    const second = client.send(
      new PutItemCommand({
        TableName: table,
        Item: { id: { S: id }, value: { N: '2' } },
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    await expect(second).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { id: { S: id }, value: { N: '1' } },
    });
    expect(await read(id)).toMatchObject({ value: { N: '1' } });
  });

  it('counts up atomically under many writers', async () => {
    const id = randomUUID();
    await Promise.all(
      Array.from({ length: 40 }, () =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { id: { S: id } },
            UpdateExpression: 'ADD #value :one',
            ExpressionAttributeNames: { '#value': 'value' },
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        ),
      ),
    );
    expect(await read(id)).toMatchObject({ value: { N: '40' } });
  });
});

describe('a transaction', () => {
  it('writes all of its items', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put(a, 1), put(b, 2)] }));
    const { Responses } = await client.send(
      new TransactGetItemsCommand({
        TransactItems: [a, b].map((id) => ({ Get: { TableName: table, Key: { id: { S: id } } } })),
      }),
    );
    expect(Responses?.map(({ Item }) => Item?.value)).toEqual([{ N: '1' }, { N: '2' }]);
  });

  it('writes none of them when one condition fails, and says which', async () => {
    const [taken, fresh] = [randomUUID(), randomUUID()];
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put(taken, 1)] }));
    const failing = client.send(
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
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [put(updated, 1), put(deleted, 1), put(checked, 1)],
      }),
    );
    const names = { '#value': 'value' };
    await client.send(
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
        client.send(
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
    await expect(client.send(twice)).rejects.toMatchObject({ name: 'ValidationException' });
    const many = Array.from({ length: 101 }, () => put(randomUUID(), 1));
    await expect(
      client.send(new TransactWriteItemsCommand({ TransactItems: many })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await read(id)).toBeUndefined();
  });

  it('leaves everything as it was when an action turns out impossible, and says which', async () => {
    const [kept, fresh, text] = [randomUUID(), randomUUID(), randomUUID()];
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put(kept, 1)] }));
    await client.send(
      new PutItemCommand({ TableName: table, Item: { id: { S: text }, value: { S: 'text' } } }),
    );
    const addToText = { Update: { ...increment(text).Update } };
    const failing = client.send(
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
      client.send(
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
      client.send(
        new TransactWriteItemsCommand({ TransactItems: ids.map((id) => put(id, value)) }),
      );
    // From the other end, so that the reader would meet the writer in the middle.
    const valuesRead = async () => {
      const { Responses = [] } = await client.send(
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
    const { ConsumedCapacity } = await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [put(randomUUID(), 1), put(randomUUID(), 2)],
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    expect(ConsumedCapacity?.[0]).toMatchObject({ TableName: table, CapacityUnits: 4 });
  });
});

describe('what it refuses', () => {
  it('a table that does not exist', async () => {
    const missing = new GetItemCommand({ TableName: 'no-such-table', Key: { id: { S: 'a' } } });
    await expect(client.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const inTransaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName: 'no-such-table', Item: { id: { S: 'a' } } } }],
    });
    await expect(client.send(inTransaction)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it("a key that is not the table's", async () => {
    const wrong = { other: { S: 'a' } };
    await expect(
      client.send(new GetItemCommand({ TableName: table, Key: wrong })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Delete: { TableName: table, Key: wrong } }],
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('an item over 400 KB', async () => {
    const item = { id: { S: randomUUID() }, value: { S: 'x'.repeat(410_000) } };
    await expect(
      client.send(new PutItemCommand({ TableName: table, Item: item })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('continuous backups', () => {
  it('are switched on per table', async () => {
    await client.send(
      new UpdateContinuousBackupsCommand({
        TableName: table,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    const { ContinuousBackupsDescription } = await client.send(
      new DescribeContinuousBackupsCommand({ TableName: table }),
    );
    expect(
      ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus,
    ).toBe('ENABLED');
  });
});

describe('time to live', () => {
  it('belongs to a table that exists', async () => {
    await expect(
      client.send(new DescribeTimeToLiveCommand({ TableName: 'no-such-table' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is enabled by attribute', async () => {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: table }),
    );
    expect(TimeToLiveDescription?.AttributeName).toBe('expiresAt');
  });
});

describe.skipIf(foreignEndpoint('dynamodb') !== undefined)('the local engine', () => {
  it('removes items whose time has passed, and no others', async () => {
    const [old, fresh] = [randomUUID(), randomUUID()];
    const expiring = (id: string, atMs: number) => ({
      TableName: table,
      Item: { id: { S: id }, expiresAt: { N: String(Math.floor(atMs / 1000)) } },
    });
    await client.send(new PutItemCommand(expiring(old, nowMs + 3_600_000)));
    await client.send(new PutItemCommand(expiring(fresh, nowMs + 7_200_000)));
    nowMs += 5_000_000;
    await engine?.sweepExpired();
    expect(await read(old)).toBeUndefined();
    expect(await read(fresh)).toBeDefined();
  });

  it('spares an item that was given more time', async () => {
    const id = randomUUID();
    const expiresAt = (atMs: number) => ({ N: String(Math.floor(atMs / 1000)) });
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: { id: { S: id }, expiresAt: expiresAt(nowMs + 1_000_000) },
      }),
    );
    const setExpiry = (atMs: number) =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { id: { S: id } },
          UpdateExpression: 'SET expiresAt = :at',
          ExpressionAttributeValues: { ':at': expiresAt(atMs) },
        }),
      );
    await setExpiry(nowMs + 9_000_000);
    nowMs += 2_000_000;
    await engine?.sweepExpired();
    expect(await read(id)).toBeDefined();
    await setExpiry(nowMs - 1_000_000);
    await engine?.sweepExpired();
    expect(await read(id)).toBeUndefined();
  });

  it('cancels a transaction for a conflict when told to', async () => {
    faults.inject({
      service: 'dynamodb',
      operation: 'TransactWriteItems',
      action: { kind: 'conflict' },
      times: 1,
    });
    const id = randomUUID();
    const write = () => client.send(new TransactWriteItemsCommand({ TransactItems: [put(id, 1)] }));
    await expect(write()).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    expect(await read(id)).toBeUndefined();
    await write();
  });

  it('refuses a parameter that it would otherwise ignore', async () => {
    await expect(
      engine?.call('GetItem', { TableName: table, Key: { id: { S: 'a' } }, Fresh: true }),
    ).rejects.toMatchObject({ name: 'ValidationException', message: /Fresh/u });
  });

  it('says that it does not implement an operation instead of answering wrongly', async () => {
    const unknown = new ExportTableToPointInTimeCommand({ TableArn: 'arn', S3Bucket: 'bucket' });
    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  it.each([
    ['throttle', 'ProvisionedThroughputExceededException'],
    ['error', 'InternalServerError'],
  ] as const)('fails with "%s" when told to, and works again afterwards', async (kind, name) => {
    faults.inject({ service: 'dynamodb', operation: 'BatchGetItem', action: { kind }, times: 1 });
    const get = () =>
      client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [{ id: { S: 'a' } }] } } }),
      );
    await expect(get()).rejects.toMatchObject({ name });
    await expect(get()).resolves.toBeDefined();
  });

  it('hangs until the fault is lifted', async () => {
    const hit = Promise.withResolvers<void>();
    faults.inject({
      service: 'dynamodb',
      action: { kind: 'hang' },
      times: 1,
      onHit: hit.resolve,
    });
    let isSettled = false;
    const get = new GetItemCommand({ TableName: table, Key: { id: { S: 'a' } } });
    const ended = client.send(get).catch(() => undefined);
    ended.then(() => {
      isSettled = true;
    });
    await hit.promise;
    expect(isSettled).toBe(false);
    faults.liftAll();
    await ended;
    expect(await read('a')).toBeUndefined();
  });
});
