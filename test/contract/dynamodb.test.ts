/** What the product relies on in DynamoDB; KINDRED_CONTRACT_DYNAMODB_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  CreateBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDbContract } from './dynamodb-contract.ts';
import { foreignEndpoint } from './endpoint.ts';

const contract = dynamoDbContract();
const { table, faults, read } = contract;

describe('a conditional write', () => {
  it('is refused when its condition fails, and gives the item that stands in the way when asked', async () => {
    const id = randomUUID();
    await contract.client.send(
      new PutItemCommand({ TableName: table, Item: { id: { S: id }, value: { N: '1' } } }),
    );
    const second = contract.client.send(
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
        contract.client.send(
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

describe('what it refuses', () => {
  it('a table that does not exist', async () => {
    const missing = new GetItemCommand({ TableName: 'no-such-table', Key: { id: { S: 'a' } } });
    await expect(contract.client.send(missing)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const inTransaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName: 'no-such-table', Item: { id: { S: 'a' } } } }],
    });
    await expect(contract.client.send(inTransaction)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it("a key that is not the table's", async () => {
    const wrong = { other: { S: 'a' } };
    await expect(
      contract.client.send(new GetItemCommand({ TableName: table, Key: wrong })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      contract.client.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Delete: { TableName: table, Key: wrong } }],
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('an item over 400 KB', async () => {
    const item = { id: { S: randomUUID() }, value: { S: 'x'.repeat(410_000) } };
    await expect(
      contract.client.send(new PutItemCommand({ TableName: table, Item: item })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('continuous backups', () => {
  it('are switched on per table', async () => {
    await contract.client.send(
      new UpdateContinuousBackupsCommand({
        TableName: table,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    const { ContinuousBackupsDescription } = await contract.client.send(
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
      contract.client.send(new DescribeTimeToLiveCommand({ TableName: 'no-such-table' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is enabled by attribute', async () => {
    await contract.client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );
    const { TimeToLiveDescription } = await contract.client.send(
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
    await contract.client.send(new PutItemCommand(expiring(old, contract.nowMs + 3_600_000)));
    await contract.client.send(new PutItemCommand(expiring(fresh, contract.nowMs + 7_200_000)));
    contract.nowMs += 5_000_000;
    await contract.engine?.sweepExpired();
    expect(await read(old)).toBeUndefined();
    expect(await read(fresh)).toBeDefined();
  });

  it('spares an item that was given more time', async () => {
    const id = randomUUID();
    const expiresAt = (atMs: number) => ({ N: String(Math.floor(atMs / 1000)) });
    await contract.client.send(
      new PutItemCommand({
        TableName: table,
        Item: { id: { S: id }, expiresAt: expiresAt(contract.nowMs + 1_000_000) },
      }),
    );
    const setExpiry = (atMs: number) =>
      contract.client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { id: { S: id } },
          UpdateExpression: 'SET expiresAt = :at',
          ExpressionAttributeValues: { ':at': expiresAt(atMs) },
        }),
      );
    await setExpiry(contract.nowMs + 9_000_000);
    contract.nowMs += 2_000_000;
    await contract.engine?.sweepExpired();
    expect(await read(id)).toBeDefined();
    await setExpiry(contract.nowMs - 1_000_000);
    await contract.engine?.sweepExpired();
    expect(await read(id)).toBeUndefined();
  });

  it('refuses a parameter that it would otherwise ignore', async () => {
    await expect(
      contract.engine?.call('GetItem', { TableName: table, Key: { id: { S: 'a' } }, Fresh: true }),
    ).rejects.toMatchObject({ name: 'ValidationException', message: /Fresh/u });
  });

  it('says that it does not implement an operation instead of answering wrongly', async () => {
    const unknown = new CreateBackupCommand({ TableName: table, BackupName: 'backup' });
    await expect(contract.client.send(unknown)).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });

  it.each([
    ['throttle', 'ProvisionedThroughputExceededException'],
    ['error', 'InternalServerError'],
  ] as const)('fails with "%s" when told to, and works again afterwards', async (kind, name) => {
    faults.inject({ service: 'dynamodb', operation: 'BatchGetItem', action: { kind }, times: 1 });
    const get = () =>
      contract.client.send(
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
    const ended = contract.client.send(get).catch(() => undefined);
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
