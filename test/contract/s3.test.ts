import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

const bucket = `contract-${randomUUID()}`;
const faults = new Faults();
let directory = '';
let engine: S3Engine | undefined;
let client: S3Client;
let endpoint: string;

beforeAll(async () => {
  const foreign = foreignEndpoint('s3');
  directory = await mkdtemp(join(tmpdir(), 'kindred-s3-'));
  engine = foreign === undefined ? await startS3Engine({ directory, faults }) : undefined;
  endpoint = foreign ?? engine?.endpoint ?? '';
  client = new S3Client({ ...clientDefaults, endpoint, forcePathStyle: true, maxAttempts: 1 });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(() => faults.liftAll());
afterAll(async () => {
  client.destroy();
  await engine?.stop();
  await rm(directory, { recursive: true, force: true });
});

const put = (Key: string, Body: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));
const get = async (Key: string, more: object = {}) => {
  const { Body, ...rest } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key, ...more }),
  );
  return { ...rest, text: (await Body?.transformToString()) ?? '' };
};

describe('an object', () => {
  it('comes back as it was put, with its metadata, whatever its key', async () => {
    const key = `dir/ä & <b> "c" +%2F/${randomUUID()}`;
    await put(key, 'hello', { ContentType: 'text/plain', Metadata: { origin: 'test' } });
    expect(await get(key)).toMatchObject({
      text: 'hello',
      ContentType: 'text/plain',
      Metadata: { origin: 'test' },
    });
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    expect(head.ContentLength).toBe(5);
  });

  it('is taken as a stream in chunks with a trailing checksum', async () => {
    const key = randomUUID();
    const parts = Array.from({ length: 50 }, (_, index) => Buffer.alloc(5_000, `${index % 10}`));
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: Readable.from(parts),
        ContentLength: 250_000,
      }),
    );
    expect((await get(key)).text).toBe(Buffer.concat(parts).toString());
  });

  it('is read in ranges', async () => {
    const key = randomUUID();
    await put(key, '0123456789');
    expect(await get(key, { Range: 'bytes=2-4' })).toMatchObject({
      text: '234',
      ContentRange: 'bytes 2-4/10',
    });
    expect((await get(key, { Range: 'bytes=-3' })).text).toBe('789');
    await expect(get(key, { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('is written only when there is none, or only over the version seen', async () => {
    const key = randomUUID();
    const first = await put(key, 'first', { IfNoneMatch: '*' });
    await expect(put(key, 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(put(key, 'second', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await put(key, 'second', { IfMatch: first.ETag });
    expect((await get(key)).text).toBe('second');
  });

  it('lets one of many racing conditional writers win', async () => {
    const key = randomUUID();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => put(key, `${index}`, { IfNoneMatch: '*' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is refused when its bytes are not what the checksum says', async () => {
    const wrong = put(randomUUID(), 'hello', { ChecksumCRC32: 'AAAAAA==' });
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
  });

  it('is copied and deleted', async () => {
    const [from, to] = [randomUUID(), randomUUID()];
    await put(from, 'hello');
    await client.send(
      new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: `${bucket}/${from}` }),
    );
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: from }));
    expect((await get(to)).text).toBe('hello');
    await expect(get(from)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: to }] } }),
    );
    await expect(get(to)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is put together from parts, in their order', async () => {
    const Key = randomUUID();
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key }),
    );
    const part = async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await client.send(
        new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber, Body }),
      );
      return { PartNumber, ETag };
    };
    const second = await part(2, Buffer.from('end'));
    const first = await part(1, Buffer.alloc(5 * 1024 * 1024, 'a'));
    await client.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [first, second] },
      }),
    );
    const { text } = await get(Key);
    expect(text).toHaveLength(5 * 1024 * 1024 + 3);
    expect(text.endsWith('aend')).toBe(true);
  });
});

describe('a listing', () => {
  const prefix = `list-${randomUUID()}/`;
  beforeAll(async () => {
    for (const name of ['a/1', 'a/2', 'b', 'c/1', 'd']) await put(`${prefix}${name}`, 'x');
  });

  it('is in the order of keys, under a prefix, page by page', async () => {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: 2,
          ContinuationToken: token,
        }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length)));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(keys).toEqual(['a/1', 'a/2', 'b', 'c/1', 'd']);
  });

  it('folds what lies behind a delimiter', async () => {
    const { Contents, CommonPrefixes } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/' }),
    );
    expect(Contents?.map(({ Key }) => Key)).toEqual([`${prefix}b`, `${prefix}d`]);
    expect(CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual([`${prefix}a/`, `${prefix}c/`]);
  });
});

describe('what is missing', () => {
  it('has its own errors', async () => {
    await expect(get('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(
      client.send(new GetObjectCommand({ Bucket: `none-${bucket}`, Key: 'a' })),
    ).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

describe.skipIf(foreignEndpoint('s3') !== undefined)('the local engine', () => {
  it('refuses a sub-resource that it does not implement instead of overwriting the object', async () => {
    const key = randomUUID();
    await put(key, 'kept');
    const tagging = new PutObjectTaggingCommand({
      Bucket: bucket,
      Key: key,
      Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] },
    });
    await expect(client.send(tagging)).rejects.toMatchObject({ name: 'NotImplemented' });
    expect((await get(key)).text).toBe('kept');
  });

  it('never lets a key leave its bucket', async () => {
    await put('../../escape', 'inside');
    expect((await get('../../escape')).text).toBe('inside');
    expect(await readdir(directory)).toEqual([bucket]);
  });

  it('finds its objects again in the same folder', async () => {
    const key = randomUUID();
    await put(key, 'kept');
    const second = await startS3Engine({ directory });
    await second.createBucket(bucket);
    const other = new S3Client({
      ...clientDefaults,
      endpoint: second.endpoint,
      forcePathStyle: true,
    });
    const { Body } = await other.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect(await Body?.transformToString()).toBe('kept');
    other.destroy();
    await second.stop();
  });

  it.each([
    ['throttle', 'SlowDown'],
    ['error', 'InternalError'],
  ] as const)('fails with "%s" when told to', async (kind, name) => {
    faults.inject({ service: 's3', operation: 'GetObject', action: { kind }, times: 1 });
    await expect(get('none')).rejects.toMatchObject({ name });
  });
});
