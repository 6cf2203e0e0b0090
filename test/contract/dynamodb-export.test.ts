/** The files that DynamoDB's export to S3 leaves, and what it refuses; see endpoint.ts for other engines. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CreateTableCommand,
  DescribeExportCommand,
  DynamoDBClient,
  ExportTableToPointInTimeCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from './endpoint.ts';

const BUCKET = 'exported';
const TABLE = 'shop';
const TableArn = `arn:aws:dynamodb:eu-west-1:000000000000:table/${TABLE}`;
const ITEMS = 2_300;

let folder: string;
let s3Engine: S3Engine;
let engine: DynamoDbEngine;
let dynamoDb: DynamoDBClient;
let s3: S3Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-export-'));
  s3Engine = await startS3Engine({ directory: folder });
  await s3Engine.createBucket(BUCKET);
  engine = await startDynamoDbEngine({
    putExported: (bucket, key, body) => s3Engine.putObject(bucket, key, body),
  });
  dynamoDb = new DynamoDBClient({ ...clientDefaults, endpoint: engine.endpoint });
  s3 = new S3Client({ ...clientDefaults, endpoint: s3Engine.endpoint, forcePathStyle: true });
  await dynamoDb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  for (let number = 0; number < ITEMS; number++) {
    const Item = {
      id: { S: `id-${number}` },
      n: { N: String(number) },
      m: { M: { b: { BOOL: true } } },
    };
    await dynamoDb.send(new PutItemCommand({ TableName: TABLE, Item }));
  }
}, 60_000);
afterAll(async () => {
  dynamoDb.destroy();
  s3.destroy();
  await engine.stop();
  await s3Engine.stop();
  await rm(folder, { recursive: true });
});

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const started = (more = {}) =>
  dynamoDb.send(new ExportTableToPointInTimeCommand({ TableArn, S3Bucket: BUCKET, ...more }));

describe('an export of a table', () => {
  it('needs point-in-time recovery, and a table', async () => {
    await expect(started()).rejects.toMatchObject({
      name: 'PointInTimeRecoveryUnavailableException',
    });
    await expect(started({ TableArn: `${TableArn}-none` })).rejects.toMatchObject({
      name: 'TableNotFoundException',
    });
  });

  it('is what its manifests list: every item, in packed lines of DynamoDB’s JSON', async () => {
    await dynamoDb.send(
      new UpdateContinuousBackupsCommand({
        TableName: TABLE,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    const { ExportDescription } = await started({ S3Prefix: 'some/prefix' });
    expect(ExportDescription).toMatchObject({ ExportStatus: 'IN_PROGRESS', TableArn });
    const ExportArn = ExportDescription?.ExportArn ?? '';
    const described = await dynamoDb.send(new DescribeExportCommand({ ExportArn }));
    expect(described.ExportDescription).toMatchObject({
      ExportStatus: 'COMPLETED',
      ItemCount: ITEMS,
      S3Bucket: BUCKET,
    });
    const summaryKey = described.ExportDescription?.ExportManifest ?? '';
    expect(summaryKey).toMatch(/^some\/prefix\/AWSDynamoDB\/[\w-]+\/manifest-summary\.json$/);
    const summary = z
      .looseObject({ manifestFilesS3Key: z.string() })
      .parse(JSON.parse((await read(summaryKey)).toString()));
    expect(summary).toMatchObject({
      version: '2020-06-30',
      exportArn: ExportArn,
      tableArn: TableArn,
      s3Bucket: BUCKET,
      s3Prefix: 'some/prefix',
      itemCount: ITEMS,
      outputFormat: 'DYNAMODB_JSON',
    });
    const list = (await read(summary.manifestFilesS3Key)).toString().trimEnd().split('\n');
    expect(list.length).toBeGreaterThan(1);
    const ids = new Set<string>();
    for (const line of list) {
      const file = z
        .object({ itemCount: z.number(), md5Checksum: z.string(), dataFileS3Key: z.string() })
        .parse(JSON.parse(line));
      const packed = await read(file.dataFileS3Key);
      expect(createHash('md5').update(packed).digest('base64')).toBe(file.md5Checksum);
      const items = gunzipSync(packed).toString().trimEnd().split('\n');
      expect(items).toHaveLength(file.itemCount);
      for (const item of items) {
        const { Item } = JSON.parse(item);
        expect(Item.m).toEqual({ M: { b: { BOOL: true } } });
        ids.add(Item.id.S);
      }
    }
    expect(ids.size).toBe(ITEMS);
  });

  it('fails where its bucket is none, and is unknown where there was none', async () => {
    const { ExportDescription } = await started({ S3Bucket: 'nobodys' });
    const ExportArn = ExportDescription?.ExportArn ?? '';
    const described = await dynamoDb.send(new DescribeExportCommand({ ExportArn }));
    expect(described.ExportDescription).toMatchObject({
      ExportStatus: 'FAILED',
      FailureCode: 'S3NoSuchBucket',
    });
    await expect(
      dynamoDb.send(new DescribeExportCommand({ ExportArn: `${ExportArn}x` })),
    ).rejects.toMatchObject({ name: 'ExportNotFoundException' });
  });
});
