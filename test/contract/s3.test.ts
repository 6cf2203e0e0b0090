/** What the product relies on in S3; KINDRED_CONTRACT_S3_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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
  GetObjectAttributesCommand,
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
import { writeData } from '../../local/engines/s3-files.ts';
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

  it('tells its reader the checksum that its writer sent', async () => {
    const key = randomUUID();
    await put(key, 'hello');
    expect((await get(key, { ChecksumMode: 'ENABLED' })).ChecksumCRC32).toBe('NhCmhg==');
  });

  it('is read only as the version asked for, and not again when it is unchanged', async () => {
    const key = randomUUID();
    const { ETag } = await put(key, 'hello');
    await expect(get(key, { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(get(key, { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    expect((await get(key, { IfMatch: ETag, IfNoneMatch: '"other"' })).text).toBe('hello');
  });

  it('may be empty', async () => {
    const key = randomUUID();
    await put(key, '');
    expect(await get(key)).toMatchObject({ text: '', ContentLength: 0 });
  });

  it('is copied with its metadata or with other', async () => {
    const [from, same, other] = [randomUUID(), randomUUID(), randomUUID()];
    await put(from, 'hello', { Metadata: { origin: 'first' } });
    const copy = (Key: string, more: object = {}) =>
      client.send(
        new CopyObjectCommand({ Bucket: bucket, Key, CopySource: `${bucket}/${from}`, ...more }),
      );
    await copy(same);
    await copy(other, { MetadataDirective: 'REPLACE', Metadata: { origin: 'second' } });
    expect(await get(same)).toMatchObject({ text: 'hello', Metadata: { origin: 'first' } });
    expect(await get(other)).toMatchObject({ text: 'hello', Metadata: { origin: 'second' } });
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
    const upload = await startUpload();
    const second = await upload.part(2, Buffer.from('end'));
    const first = await upload.part(1, Buffer.alloc(PART_BYTES_MIN, 'a'));
    const { ETag } = await upload.complete([first, second]);
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/u);
    const { text } = await get(upload.key);
    expect(text).toHaveLength(PART_BYTES_MIN + 3);
    expect(text.endsWith('aend')).toBe(true);
  });

  it('is not put together from parts that are missing, in disorder or too small', async () => {
    const upload = await startUpload();
    const first = await upload.part(1, Buffer.from('small'));
    const second = await upload.part(2, Buffer.from('end'));
    await expect(upload.complete([first, second])).rejects.toMatchObject({
      name: 'EntityTooSmall',
    });
    await expect(upload.complete([second, first])).rejects.toMatchObject({
      name: 'InvalidPartOrder',
    });
    await expect(
      upload.complete([first, { PartNumber: 3, ETag: second.ETag }]),
    ).rejects.toMatchObject({ name: 'InvalidPart' });
    await upload.complete([second]);
    expect((await get(upload.key)).text).toBe('end');
  });
});

const PART_BYTES_MIN = 5 * 1024 * 1024;

async function startUpload() {
  const key = randomUUID();
  const object = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  return {
    key,
    part: async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await client.send(
        new UploadPartCommand({ ...object, UploadId, PartNumber, Body }),
      );
      return { PartNumber, ETag };
    },
    complete: (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      client.send(
        new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
      ),
  };
}

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

  it('starts after a key', async () => {
    const { Contents } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: `${prefix}b` }),
    );
    expect(Contents?.map(({ Key }) => Key)).toEqual([`${prefix}c/1`, `${prefix}d`]);
  });

  it('folds once what lies behind a delimiter, over pages too', async () => {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: '/',
          MaxKeys: 1,
          ContinuationToken: token,
        }),
      );
      names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length)));
      names.push(
        ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix.slice(prefix.length)),
      );
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(names).toEqual(['a/', 'b', 'c/', 'd']);
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

  it.each([
    ['a header', { Tagging: 'a=b' }],
    ['an access control list', { ACL: 'public-read' }],
    ['a checksum', { ChecksumAlgorithm: 'SHA512', ChecksumSHA512: 'AAAA' }],
  ] as const)('refuses %s that it does not implement', async (_, more) => {
    const key = randomUUID();
    await expect(put(key, 'hello', more)).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(get(key)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('refuses a parameter of a request that it does not know', async () => {
    const attributes = new GetObjectAttributesCommand({
      Bucket: bucket,
      Key: 'a',
      ObjectAttributes: ['ETag'],
    });
    await expect(client.send(attributes)).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it.each([
    [
      'whose trailing checksum is wrong',
      '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      'BadDigest',
    ],
    ['without its trailing checksum', '5\r\nhello\r\n0\r\n\r\n', 'BadDigest'],
    ['that ends in the middle of a chunk', '9\r\nhello', 'IncompleteBody'],
    ['that is not in chunks', 'hello\r\nthere', 'InvalidRequest'],
  ] as const)('refuses a body %s, and keeps nothing of it', async (_, body, code) => {
    const key = randomUUID();
    const before = await readdir(join(directory, bucket));
    const answer = await fetch(`${endpoint}/${bucket}/${key}`, {
      method: 'PUT',
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
      body,
    });
    expect(await answer.text()).toContain(`<Code>${code}</Code>`);
    await expect(get(key)).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await readdir(join(directory, bucket))).toEqual(before);
  });

  it('lets a reader finish the object that is replaced meanwhile', async () => {
    const key = randomUUID();
    const size = 8 * 1024 * 1024;
    await put(key, 'a'.repeat(size));
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    await put(key, 'b');
    const text = (await Body?.transformToString()) ?? '';
    expect(text.length).toBe(size);
    expect(text.includes('b')).toBe(false);
  });

  it('says that the disk is full, and leaves nothing of the write', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kindred-full-'));
    async function* full() {
      yield Buffer.from('begun');
      throw Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
    }
    await expect(writeData(folder, full())).rejects.toMatchObject({
      code: 'InsufficientStorage',
      message: expect.stringContaining(folder),
    });
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('never lets a key leave its bucket', async () => {
    await put('../../escape', 'inside');
    expect((await get('../../escape')).text).toBe('inside');
    expect(await readdir(directory)).toEqual([bucket]);
  });

  it('finds its objects again in the same folder', async () => {
    const key = randomUUID();
    await put(key, 'replaced');
    await put(key, 'kept');
    await writeFile(join(directory, bucket, 'left-by-a-crash.data'), 'half');
    const second = await startS3Engine({ directory });
    await second.createBucket(bucket);
    expect(await readdir(join(directory, bucket))).not.toContain('left-by-a-crash.data');
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

  it('fails for one key alone when told to', async () => {
    const [failing, working] = [randomUUID(), randomUUID()];
    faults.inject({
      service: 's3',
      operation: 'PutObject',
      action: { kind: 'error' },
      when: ({ headers }) => headers[':path']?.includes(failing) === true,
    });
    await put(working, 'hello');
    await expect(put(failing, 'hello')).rejects.toMatchObject({ name: 'InternalError' });
  });

  it('hangs until the fault is lifted, and refuses connections when told to', async () => {
    const hit = Promise.withResolvers<void>();
    faults.inject({ service: 's3', action: { kind: 'hang' }, times: 1, onHit: hit.resolve });
    const hanging = expect(put('a', 'hello')).rejects.toThrow();
    await hit.promise;
    faults.liftAll();
    await hanging;
    faults.inject({ service: 's3', action: { kind: 'refuse' }, times: 1 });
    await expect(put('a', 'hello')).rejects.toThrow();
    await put('a', 'hello');
  });
});
