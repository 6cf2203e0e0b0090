/** What S3 tells EventBridge, and whom rules tell; the bus has no API of its own here. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../local/engines/event-bus.ts';
import { compileEventPattern } from '../../local/engines/event-pattern.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from './endpoint.ts';

const BUCKET = 'drop';
let directory = '';
let s3: S3Engine;
let client: S3Client;
let bus: EventBus;
let delivered: { arn: string; event: Record<string, unknown> }[];
let failures: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-bus-'));
  s3 = await startS3Engine({
    directory,
    onCreated: (bucket, object, reason) => bus.objectCreated(bucket, object, reason),
  });
  for (const bucket of [BUCKET, 'silent']) await s3.createBucket(bucket);
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
beforeEach(() => {
  delivered = [];
  failures = [];
  bus = new EventBus({ region: 'eu-west-1', accountId: '000000000000' });
  bus.watchBucket(BUCKET);
  bus.connect(
    async (arn, input) => {
      if (arn === 'broken') throw new Error('no such machine');
      delivered.push({ arn, event: JSON.parse(input) });
    },
    (rule) => failures.push(rule),
  );
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

const put = (Key: string, Bucket = BUCKET) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: 'abc' }));

function rule(pattern: object, arn = 'machine', more: object = {}) {
  bus.addRule({
    name: arn,
    pattern,
    isEnabled: true,
    targets: [{ arn, input: undefined }],
    ...more,
  });
}

describe('a bucket that tells EventBridge', () => {
  it('tells of a new object in S3’s words, after it can be read', async () => {
    rule({ source: ['aws.s3'], 'detail-type': ['Object Created'] });
    const { ETag } = await put('drop/crm/a.csv');
    await bus.settle();
    expect(delivered).toEqual([
      {
        arn: 'machine',
        event: expect.objectContaining({
          source: 'aws.s3',
          'detail-type': 'Object Created',
          resources: [`arn:aws:s3:::${BUCKET}`],
          detail: expect.objectContaining({
            bucket: { name: BUCKET },
            object: expect.objectContaining({
              key: 'drop/crm/a.csv',
              size: 3,
              etag: ETag?.replaceAll('"', ''),
            }),
            reason: 'PutObject',
          }),
        }),
      },
    ]);
  });

  it('tells of copies and of uploads in parts once they are whole', async () => {
    rule({ source: ['aws.s3'] });
    await put('first');
    await client.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/first` }),
    );
    const place = { Bucket: BUCKET, Key: 'parts' };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    const part = { ...place, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: 'abcdef' }));
    await bus.settle();
    expect(delivered).toHaveLength(2);
    await client.send(
      new CompleteMultipartUploadCommand({
        ...place,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
    await bus.settle();
    expect(delivered.map(({ event }) => (event.detail as { reason: string }).reason)).toEqual([
      'PutObject',
      'CopyObject',
      'CompleteMultipartUpload',
    ]);
  });

  it('says nothing where it was not asked to', async () => {
    rule({ source: ['aws.s3'] });
    await put('a', 'silent');
    await bus.settle();
    expect(delivered).toEqual([]);
  });
});

describe('a rule', () => {
  it('hears only of what its pattern matches, and nothing while it is disabled', async () => {
    rule({ detail: { object: { key: [{ prefix: 'drop/' }] } } }, 'prefix');
    rule({ detail: { bucket: { name: ['other'] } } }, 'bucket');
    rule({ source: ['aws.s3'] }, 'disabled', { isEnabled: false });
    await put('drop/a');
    await put('elsewhere/a');
    await bus.settle();
    expect(delivered.map(({ arn }) => arn)).toEqual(['prefix']);
  });

  it('whose target takes nothing is told, and disturbs no other', async () => {
    rule({ source: ['aws.s3'] }, 'broken');
    rule({ source: ['aws.s3'] }, 'machine');
    await put('a');
    await bus.settle();
    expect(failures).toEqual(['broken']);
    expect(delivered.map(({ arn }) => arn)).toEqual(['machine']);
  });

  it.each([
    [{ a: ['x'] }, { a: 'x' }, true],
    [{ a: ['x'] }, { a: ['y', 'x'] }, true],
    [{ a: ['x'] }, { b: 'x' }, false],
    [{ a: [{ prefix: 'x' }] }, { a: 'xy' }, true],
    [{ a: [{ suffix: '.csv' }] }, { a: 'b.csv.gz' }, false],
    [{ a: [{ wildcard: 'drop/*/x.*' }] }, { a: 'drop/crm/x.csv' }, true],
    [{ a: [{ wildcard: 'drop/*/x.*' }] }, { a: 'drop/x.csv' }, false],
    [{ a: { b: [1, null] } }, { a: { b: null } }, true],
    [{ a: { b: [1] } }, { a: 'text' }, false],
  ])('with the pattern %j takes %j: %s', (pattern, event, isMatch) => {
    expect(compileEventPattern(pattern)(event)).toBe(isMatch);
  });

  it.each([
    {},
    { a: 'x' },
    { a: [{ 'anything-but': 'x' }] },
    { a: [{ prefix: 'a', suffix: 'b' }] },
  ])('with the pattern %j is refused', (pattern) => {
    expect(() => compileEventPattern(pattern)).toThrow();
  });
});
