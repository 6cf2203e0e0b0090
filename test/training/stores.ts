import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { startDynamoDbEngine } from '../../local/engines/dynamodb.ts';

/** The stores that training reads and writes, on this machine; set as the functions' environment. */
export interface TrainingStores {
  readonly s3: S3Client;
  readonly dynamoDb: DynamoDBClient;
  /** Every object by `bucket/key`. */
  readonly objects: Map<string, Buffer>;
  putLake(day: string, name: string, lines: readonly unknown[]): Promise<void>;
  putItems(items: readonly Record<string, unknown>[]): Promise<void>;
  stop(): Promise<void>;
}

const bucketOfLake = 'lake';

export async function startStores(): Promise<TrainingStores> {
  const objects = new Map<string, Buffer>();
  const objectServer = createObjectServer(objects);
  const tables = await startDynamoDbEngine({
    putExported: async (bucket, key, body) => void objects.set(`${bucket}/${key}`, body),
  });
  await new Promise<void>((resolve) => objectServer.listen(0, '127.0.0.1', resolve));
  const { port } = objectServer.address() as AddressInfo;
  setEnvironment(`http://127.0.0.1:${port}`, tables.endpoint);
  const s3 = new S3Client({});
  const dynamoDb = new DynamoDBClient({});
  await createTable(dynamoDb, 'catalogue', ['itemId']);
  await createTable(dynamoDb, 'config', ['kind', 'id']);
  await createTable(dynamoDb, 'profiles', ['profileId']);
  await dynamoDb.send(
    new UpdateContinuousBackupsCommand({
      TableName: 'profiles',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  return {
    s3,
    dynamoDb,
    objects,
    putLake: async (day, name, lines) => {
      const text = lines.map(
        (line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`,
      );
      await s3.send(
        new PutObjectCommand({
          Bucket: bucketOfLake,
          Key: `raw/day=${day}/${name}.gz`,
          Body: gzipSync(text.join('')),
        }),
      );
    },
    putItems: async (items) => {
      for (const item of items) {
        await dynamoDb.send(new PutItemCommand({ TableName: 'catalogue', Item: marshall(item) }));
      }
    },
    stop: async () => {
      s3.destroy();
      dynamoDb.destroy();
      objectServer.closeAllConnections();
      await new Promise((resolve) => objectServer.close(resolve));
      await tables.stop();
    },
  };
}

/** What the template sets for the training functions. */
function setEnvironment(s3Endpoint: string, dynamoDbEndpoint: string): void {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: s3Endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbEndpoint,
    LAKE_BUCKET: bucketOfLake,
    MODELS_BUCKET: 'models',
    CATALOGUE_TABLE: 'catalogue',
    CONFIG_TABLE: 'config',
    PROFILES_TABLE_ARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/profiles',
    SNAPSHOT_DISK_MB: '1024',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    MODELS_KEPT_MAX: '5',
    MODELS_KEPT_DAYS_MIN: '7',
    POWERTOOLS_SERVICE_NAME: 'training',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
}

function createObjectServer(objects: Map<string, Buffer>): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://s3');
      const key = decodeURIComponent(url.pathname.slice(1));
      const answer = answerS3(objects, {
        method: request.method ?? 'GET',
        key,
        query: url.searchParams,
        isCreation: request.headers['if-none-match'] === '*',
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status, { 'content-type': 'application/xml' }).end(answer.body);
    });
  });
}

interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly isCreation: boolean;
  readonly body: Buffer;
}

/** As much of S3 as training uses: create once, read, list, delete. */
function answerS3(
  objects: Map<string, Buffer>,
  { method, key, query, isCreation, body }: S3Request,
): { status: number; body: Buffer | string } {
  if (method === 'PUT') {
    if (isCreation && objects.has(key)) return { status: 412, body: s3Error('PreconditionFailed') };
    objects.set(key, body);
    return { status: 200, body: '' };
  }
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204, body: '' };
  }
  if (query.has('delete')) {
    const bucket = key.replace(/\/$/, '');
    for (const [, name] of body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)) {
      objects.delete(`${bucket}/${name}`);
    }
    return { status: 200, body: '<DeleteResult></DeleteResult>' };
  }
  if (query.has('list-type')) {
    const prefix = `${key.replace(/\/$/, '')}/${query.get('prefix') ?? ''}`;
    const contents = [...objects.keys()]
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => {
        const body = objects.get(name) ?? Buffer.alloc(0);
        const key = name.slice(name.indexOf('/') + 1);
        const etag = createHash('md5').update(body).digest('hex');
        return `<Contents><Key>${key}</Key><Size>${body.byteLength}</Size><ETag>"${etag}"</ETag><LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>`;
      });
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
    };
  }
  const found = objects.get(key);
  return found === undefined
    ? { status: 404, body: s3Error('NoSuchKey') }
    : { status: 200, body: found };
}

function s3Error(code: string): string {
  return `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
}

async function createTable(client: DynamoDBClient, name: string, keys: readonly string[]) {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, index) => ({
        AttributeName,
        KeyType: index === 0 ? 'HASH' : 'RANGE',
      })),
    }),
  );
}
