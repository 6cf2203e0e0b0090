/** What the product relies on in S3; KINDRED_CONTRACT_S3_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { s3Contract } from './s3-contract.ts';

const contract = s3Contract();
const { bucket, put, get } = contract;

describe('an object', () => {
  it('comes back as it was put, with its metadata, whatever its key', async () => {
    const key = `dir/ä & <b> "c" +%2F/${randomUUID()}`;
    await put(key, 'hello', { ContentType: 'text/plain', Metadata: { origin: 'test' } });
    expect(await get(key)).toMatchObject({
      text: 'hello',
      ContentType: 'text/plain',
      Metadata: { origin: 'test' },
    });
    const head = await contract.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    expect(head.ContentLength).toBe(5);
  });

  it('is taken as a stream in chunks with a trailing checksum', async () => {
    const key = randomUUID();
    const parts = Array.from({ length: 50 }, (_, index) => Buffer.alloc(5_000, `${index % 10}`));
    await contract.client.send(
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
      contract.client.send(
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
    await contract.client.send(
      new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: `${bucket}/${from}` }),
    );
    await contract.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: from }));
    expect((await get(to)).text).toBe('hello');
    await expect(get(from)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await contract.client.send(
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
  const { UploadId } = await contract.client.send(new CreateMultipartUploadCommand(object));
  return {
    key,
    part: async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await contract.client.send(
        new UploadPartCommand({ ...object, UploadId, PartNumber, Body }),
      );
      return { PartNumber, ETag };
    },
    complete: (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      contract.client.send(
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
      const page = await contract.client.send(
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
    const { Contents } = await contract.client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: `${prefix}b` }),
    );
    expect(Contents?.map(({ Key }) => Key)).toEqual([`${prefix}c/1`, `${prefix}d`]);
  });

  it('folds once what lies behind a delimiter, over pages too', async () => {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await contract.client.send(
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
    const { Contents, CommonPrefixes } = await contract.client.send(
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
      contract.client.send(new GetObjectCommand({ Bucket: `none-${bucket}`, Key: 'a' })),
    ).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});
