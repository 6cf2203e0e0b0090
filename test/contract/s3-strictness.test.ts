/** What the local S3 refuses, keeps and can be made to fail at. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectAttributesCommand,
  GetObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { startS3Engine } from '../../local/engines/s3.ts';
import { writeData } from '../../local/engines/s3-files.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';
import { s3Contract } from './s3-contract.ts';

const contract = s3Contract();
const { bucket, faults, put, get } = contract;

describe.skipIf(foreignEndpoint('s3') !== undefined)('the local engine', () => {
  it('refuses a sub-resource that it does not implement instead of overwriting the object', async () => {
    const key = randomUUID();
    await put(key, 'kept');
    const tagging = new PutObjectTaggingCommand({
      Bucket: bucket,
      Key: key,
      Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] },
    });
    await expect(contract.client.send(tagging)).rejects.toMatchObject({ name: 'NotImplemented' });
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
    await expect(contract.client.send(attributes)).rejects.toMatchObject({
      name: 'NotImplemented',
    });
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
    const before = await readdir(join(contract.directory, bucket));
    const answer = await fetch(`${contract.endpoint}/${bucket}/${key}`, {
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
    expect(await readdir(join(contract.directory, bucket))).toEqual(before);
  });

  it('lets a reader finish the object that is replaced meanwhile', async () => {
    const key = randomUUID();
    const size = 8 * 1024 * 1024;
    await put(key, 'a'.repeat(size));
    const { Body } = await contract.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
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
    expect(await readdir(contract.directory)).toEqual([bucket]);
  });

  it('finds its objects again in the same folder', async () => {
    const key = randomUUID();
    await put(key, 'replaced');
    await put(key, 'kept');
    await writeFile(join(contract.directory, bucket, 'left-by-a-crash.data'), 'half');
    const second = await startS3Engine({ directory: contract.directory });
    await second.createBucket(bucket);
    expect(await readdir(join(contract.directory, bucket))).not.toContain('left-by-a-crash.data');
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
