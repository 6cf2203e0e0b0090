import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import {
  createSourceRegistry,
  type SourceRegistry,
} from '../../adapters/dynamodb/source-registry.ts';
import { addSource } from '../../cli/source/write-keys.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { startKinesisEngine } from '../../local/engines/kinesis.ts';
import { startS3Engine } from '../../local/engines/s3.ts';
import { startSecretsManagerEngine } from '../../local/engines/secrets-manager.ts';
import { type FaultRequest, Faults, type FaultyService } from '../../local/faults.ts';

/** The services behind the collector, on the local cloud's engines. */
export interface CollectorServices {
  readonly faults: Faults;
  /** What the function's environment must say. */
  readonly variables: Readonly<Record<string, string>>;
  /** Data of the records on the stream, in order. */
  records(): string[];
  quarantined(): Promise<{ key: string; body: string }[]>;
  /** A source, as `kindred source add` makes it; gives its write key. */
  addSource(source: SourceInput): Promise<string>;
  /** The same registry that the command line works on. */
  readonly registry: SourceRegistry;
  /** Puts a document into the config table, whether it is valid or not. */
  putConfig(kind: string, id: string, document: object): Promise<void>;
  /** Calls `see` with every request to a service from now on, without disturbing it. */
  observe(service: FaultyService, see: (request: FaultRequest) => void): void;
  stop(): Promise<void>;
}

export type SourceInput = z.input<typeof sourceDocument>;

const STREAM = 'events';
const BUCKET = 'quarantine';
const TABLE = 'config';

export async function startCollectorServices(writeKey: string): Promise<CollectorServices> {
  const faults = new Faults();
  const directory = await mkdtemp(join(tmpdir(), 'kindred-collect-'));
  const [kinesis, s3, dynamoDb, secrets] = await Promise.all([
    startKinesisEngine({ faults }),
    startS3Engine({ directory, faults }),
    startDynamoDbEngine({ faults }),
    startSecretsManagerEngine({ faults }),
  ]);
  kinesis.createStream(STREAM, 1);
  await s3.createBucket(BUCKET);
  const keys = ['kind', 'id'] as const;
  await dynamoDb.call('CreateTable', {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
  });
  const inspectorKeys = ['source', 'at'] as const;
  await dynamoDb.call('CreateTable', {
    TableName: 'inspector',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: inspectorKeys.map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: inspectorKeys.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
  });
  const s3Client = new S3Client({
    endpoint: s3.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const dynamoDbClient = new DynamoDBClient({
    endpoint: dynamoDb.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const registry = createSourceRegistry(dynamoDbClient, TABLE);
  const [shardId = ''] = kinesis.shardIds(STREAM);

  return {
    faults,
    variables: {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      EVENTS_STREAM_NAME: STREAM,
      QUARANTINE_BUCKET: BUCKET,
      CONFIG_TABLE: TABLE,
      INSPECTOR_TABLE: 'inspector',
      IDENTITY_SECRET_ID: secrets.create('identity', 's'.repeat(64)),
      WRITE_KEY_SECRET_ID: secrets.create('write-key', writeKey),
    },
    records: () =>
      kinesis
        .read(STREAM, shardId, undefined, { recordCount: 100_000, bytes: Number.MAX_SAFE_INTEGER })
        .map((record) => record.data.toString()),
    quarantined: async () => {
      const listed = await s3Client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      const read = async (key: string) => {
        const found = await s3Client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
        return { key, body: (await found.Body?.transformToString()) ?? '' };
      };
      return Promise.all((listed.Contents ?? []).map(({ Key }) => read(Key ?? '')));
    },
    registry,
    putConfig: (kind, id, document) =>
      configDocuments(dynamoDbClient, TABLE, kind, z.unknown()).put(id, document),
    addSource: async (source) => (await addSource(registry, sourceDocument.parse(source))).writeKey,
    observe: (service, see) => {
      const when = (request: FaultRequest): boolean => {
        see(request);
        return false;
      };
      faults.inject({ service, action: { kind: 'error' }, when });
    },
    stop: async () => {
      faults.liftAll();
      s3Client.destroy();
      dynamoDbClient.destroy();
      await Promise.all([kinesis.stop(), s3.stop(), dynamoDb.stop(), secrets.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
