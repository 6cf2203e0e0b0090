import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { board, boardOrders } from '../training/training-steps.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
let test: TestCloud;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-model-import-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  const { LakeBucketName: Bucket = '', CatalogueTableName: TableName = '' } = connection.resources;
  for (const item of board.items) {
    await test.clients.dynamoDb.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  }
  const day = new Date().toISOString().slice(0, 10);
  const Body = gzipSync(
    boardOrders()
      .map((order) => `${JSON.stringify(order)}\n`)
      .join(''),
  );
  const Key = `raw/day=${day}/source=website/board.gz`;
  await test.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const fixtures = join(root, 'test', 'fixtures', 'models');
  await copyFile(join(fixtures, 'board-embeddings.npy'), join(folder, 'items.npy'));
  await copyFile(join(fixtures, 'board-items.txt'), join(folder, 'items.txt'));
  const duck = await (await DuckDBInstance.create()).connect();
  await duck.run(`COPY (SELECT 'i' || a AS item_id, 'i' || b AS neighbour_id, 1.0 AS score
    FROM range(60) x(a), range(60) y(b) WHERE a % 2 <> b % 2)
    TO '${join(folder, 'lists.parquet')}' (FORMAT parquet)`);
}, 300_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('kindred model import', () => {
  it('publishes a good model and rejects a bad one, by the commands of its guide', async () => {
    const guide = await readFile(join(root, 'docs/how-to/bring-your-own-model.md'), 'utf8');
    const [, fence = ''] = /```sh\n([\s\S]*?)```/u.exec(guide) ?? [];
    const [good = '', bad = '', ...others] = fence.trim().split('\n');
    expect(others).toEqual([]);
    const published = JSON.parse(await kindredShell(`${good} --json`, folder));
    expect(published).toMatchObject({ promoted: true, modelId: expect.any(String) });
    const rejected = JSON.parse(await kindredShell(`${bad} --json`, folder));
    expect(rejected).toMatchObject({ promoted: false });
    await expect(
      kindredShell('npx kindred model import items.npy --trained-until 2025-10-01', folder),
    ).rejects.toThrow('Give --items');
    await expect(
      kindredShell(`${good.replace('2025-10-01', '2100-01-01')} --json`, folder),
    ).rejects.toThrow('cannot be judged on it');
  }, 240_000);
});
