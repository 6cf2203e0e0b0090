/**
 * Throughput of the local engines through the unmodified SDK: `node bench/engines.ts`. Client and
 * server share this process, as the machine's cores are few; the figures are those of both together.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startDynamoDbEngine } from '../local/engines/dynamodb.ts';
import { startKinesisEngine } from '../local/engines/kinesis.ts';
import { startS3Engine } from '../local/engines/s3.ts';

const IN_FLIGHT = 32;
const connection = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
};

await benchDynamoDb();
await benchKinesis();
await benchS3();

/** Runs `count` calls, IN_FLIGHT at a time, and prints how many units a second that made. */
async function measure(
  name: string,
  count: number,
  unitsPerCall: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const startMs = performance.now();
  const lane = async () => {
    while (next < count) {
      next += 1;
      await call(next);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const seconds = (performance.now() - startMs) / 1000;
  const rssMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(
    `${name.padEnd(44)} ${Math.round((count * unitsPerCall) / seconds)}/s, ${rssMb} MB resident`,
  );
}

async function benchDynamoDb(): Promise<void> {
  const engine = await startDynamoDbEngine();
  const client = new DynamoDBClient({ ...connection, endpoint: engine.endpoint });
  await client.send(
    new CreateTableCommand({
      TableName: 'bench',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const profile = { M: { text: { S: 'x'.repeat(2_000) } } };
  const item = (id: string) => ({ id: { S: id }, version: { N: '1' }, profile });
  await measure('transactions (conditional put, 2 puts)', 6_000, 1, (index) =>
    client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName: 'bench',
              Item: item(`profile-${index}`),
              ConditionExpression: 'attribute_not_exists(id) OR version = :version',
              ExpressionAttributeValues: { ':version': { N: '1' } },
            },
          },
          { Put: { TableName: 'bench', Item: { id: { S: `identity-${index}` } } } },
          { Put: { TableName: 'bench', Item: { id: { S: `order-${index}` } } } },
        ],
      }),
    ),
  );
  await measure('updates', 6_000, 1, (index) =>
    client.send(
      new UpdateItemCommand({
        TableName: 'bench',
        Key: { id: { S: `profile-${index}` } },
        UpdateExpression: 'ADD version :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    ),
  );
  await measure('gets', 6_000, 1, (index) =>
    client.send(new GetItemCommand({ TableName: 'bench', Key: { id: { S: `profile-${index}` } } })),
  );
  client.destroy();
  await engine.stop();
}

async function benchKinesis(): Promise<void> {
  const engine = await startKinesisEngine();
  engine.createStream('bench');
  const client = new KinesisClient({ ...connection, endpoint: engine.endpoint });
  const Data = Buffer.alloc(1_000, 'x');
  await measure('PutRecords, records of 1 KB (500 a call)', 200, 500, (call) =>
    client.send(
      new PutRecordsCommand({
        StreamName: 'bench',
        Records: Array.from({ length: 500 }, (_, index) => ({
          Data,
          PartitionKey: `${call}-${index}`,
        })),
      }),
    ),
  );
  client.destroy();
  await engine.stop();
}

async function benchS3(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  const engine = await startS3Engine({ directory });
  const client = new S3Client({ ...connection, endpoint: engine.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'bench' }));
  const Body = Buffer.alloc(10_000, 'x');
  await measure('S3 puts of 10 KB', 2_000, 1, (index) =>
    client.send(new PutObjectCommand({ Bucket: 'bench', Key: `${index}`, Body })),
  );
  const large = Buffer.alloc(32 * 1024 * 1024, 'x');
  await measure('S3 megabytes put, 32 MB each', 8, 32, (index) =>
    client.send(new PutObjectCommand({ Bucket: 'bench', Key: `large-${index}`, Body: large })),
  );
  client.destroy();
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
}
