import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

/** A table on the engine under contract, and its client; what only the local engine has may be missing. */
export class DynamoDbContract {
  readonly table = `contract-${randomUUID()}`;
  readonly faults = new Faults();
  nowMs = Date.now();
  engine: DynamoDbEngine | undefined;
  client = new DynamoDBClient(clientDefaults);

  async start(): Promise<void> {
    const foreign = foreignEndpoint('dynamodb');
    const { faults, table: TableName } = this;
    if (foreign === undefined) {
      this.engine = await startDynamoDbEngine({ faults, now: () => this.nowMs });
    }
    const endpoint = foreign ?? this.engine?.endpoint ?? '';
    this.client = new DynamoDBClient({ ...clientDefaults, endpoint, maxAttempts: 1 });
    await this.client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client: this.client, maxWaitTime: 60 }, { TableName });
  }

  async stop(): Promise<void> {
    await this.client.send(new DeleteTableCommand({ TableName: this.table }));
    this.client.destroy();
    await this.engine?.stop();
  }

  /** An action of a transaction. */
  readonly put = (id: string, value: number) => ({
    Put: { TableName: this.table, Item: { id: { S: id }, value: { N: String(value) } } },
  });

  /** An action of a transaction. */
  readonly increment = (id: string) => ({
    Update: {
      TableName: this.table,
      Key: { id: { S: id } },
      UpdateExpression: 'ADD #value :one',
      ExpressionAttributeNames: { '#value': 'value' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    },
  });

  readonly read = async (id: string): Promise<Record<string, AttributeValue> | undefined> => {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: { id: { S: id } }, ConsistentRead: true }),
    );
    return Item;
  };
}

/** A contract that starts before a file's tests and ends after them. */
export function dynamoDbContract(): DynamoDbContract {
  const contract = new DynamoDbContract();
  beforeAll(() => contract.start());
  afterEach(() => contract.faults.liftAll());
  afterAll(() => contract.stop());
  return contract;
}
