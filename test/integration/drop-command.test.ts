import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followImport } from '../../cli/drop/follow-import.ts';
import { uploadFile } from '../../cli/drop/upload-file.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';

let folder = '';
let s3: S3Engine;
let client: S3Client;
const bucket = 'drop';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-drop-'));
  s3 = await startS3Engine({ directory: join(folder, 's3') });
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
  await s3.createBucket(bucket);
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(folder, { recursive: true, force: true });
});

async function upload(name: string, content: Buffer | string, source = 'crm') {
  const file = join(folder, name);
  await writeFile(file, content);
  return uploadFile({ client, bucket }, { file, source }, () => undefined);
}

const manifestOf = (dropped: { etag: string; droppedAt: string }, more: object = {}) => ({
  status: 'done',
  etag: dropped.etag,
  droppedAt: dropped.droppedAt,
  rows: 1,
  outcomes: { accepted: 1, duplicate: 0, quarantined: {}, skipped: {} },
  events: { accepted: 1, duplicate: 0, quarantined: 0 },
  rejects: [],
  ...more,
});
const tell = (name: string, manifest: object) =>
  client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `manifests/crm/${name}.manifest.json`,
      Body: JSON.stringify(manifest),
    }),
  );

describe('a drop', () => {
  it('puts the file below its source', async () => {
    const dropped = await upload('people.csv', 'a,b\n1,2\n');
    expect(dropped.key).toBe('drop/crm/people.csv');
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: dropped.key }));
    expect(await found.Body?.transformToString()).toBe('a,b\n1,2\n');
    expect(dropped.etag).toBe(found.ETag);
  });

  it('puts a large file there in parts, whole', async () => {
    const content = Buffer.alloc(40 * 1024 * 1024 + 7, 'kindred ');
    const dropped = await upload('large.csv', content);
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: dropped.key }));
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? []).equals(content)).toBe(
      true,
    );
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: dropped.key }));
    expect(head.ETag).toMatch(/-3"$/);
  });

  it.each<[string, string, string, RegExp]>([
    ['a file that is not there', 'gone.csv', 'crm', /There is no file/],
    ['a source that can’t be', 'people.csv', 'My CRM', /no id of a source/],
  ])('of %s is explained, and nothing is put', async (_, name, source, message) => {
    const before = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const file = join(folder, name);
    const dropping = uploadFile({ client, bucket }, { file, source }, () => undefined);
    await expect(dropping).rejects.toThrow(message);
    const after = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(after.KeyCount).toBe(before.KeyCount);
  });

  it('is followed until its manifest is there, past that of an earlier file of the name', async () => {
    await tell('followed.csv', manifestOf({ etag: '"other"', droppedAt: '2020-01-01T00:00:00Z' }));
    const dropped = await upload('followed.csv', 'a\n1\n');
    let asked = 0;
    const manifest = await followImport(
      { client, bucket },
      dropped,
      () => {
        asked += 1;
        if (asked === 2) void tell('followed.csv', manifestOf(dropped, { rows: 7 }));
      },
      10,
    );
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(manifest).toMatchObject({ rows: 7, key: 'manifests/crm/followed.csv.manifest.json' });
  });

  it('of a file that was done before ends with the note that it came again', async () => {
    const dropped = await upload('again.csv', 'a\n1\n');
    const earlier = { etag: dropped.etag, droppedAt: '2020-01-01T00:00:00.000Z' };
    await tell('again.csv', manifestOf(earlier));
    let asked = 0;
    const manifest = await followImport(
      { client, bucket },
      dropped,
      () => {
        asked += 1;
        const droppedAgainAt = dropped.droppedAt;
        if (asked === 1) void tell('again.csv', manifestOf(earlier, { droppedAgainAt }));
      },
      10,
    );
    expect(manifest.droppedAgainAt).toBe(dropped.droppedAt);
  });
});
