import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeConnection } from '../../cli/connection.ts';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { type ExportManifest, exportManifest } from '../../core/blocks/recommendation-export.ts';
import { warehouseTables } from '../../core/blocks/warehouse-markdown.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { itemNumber, smallModel } from '../unit/small-shop.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const model = smallModel(40);
const people = ['ada', 'bert', 'cleo', 'dora'] as const;

let test: TestCloud;
let folder: string;
const profileIds = new Map<string, string>();
const environment: Record<string, string> = {};
const lake = () => test.cloud.connection.resources.LakeBucketName ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-exports-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  Object.assign(environment, {
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: 'kindred',
    AWS_SECRET_ACCESS_KEY: 'kindred',
  });
  await publishModel();
  await sendPeople();
}, 300_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function publishModel(): Promise<void> {
  const { resources } = test.cloud.connection;
  for (const [name, Body] of encodeModel(model)) {
    const Key = `models/${model.id}/${name}`;
    await test.clients.s3.send(
      new PutObjectCommand({ Bucket: resources.ModelsBucketName ?? '', Key, Body }),
    );
  }
  const pointer = { kind: 'model', id: 'pointer', current: model.id, version: 1 };
  await test.clients.dynamoDb.send(
    new PutItemCommand({
      TableName: resources.ConfigTableName ?? '',
      Item: marshall({ ...pointer, publishedAt: '2026-11-23T02:05:00Z' }),
    }),
  );
  // Sold out since the model was trained: neither an answer nor a file may show it.
  await test.clients.dynamoDb.send(
    new PutItemCommand({
      TableName: resources.CatalogueTableName ?? '',
      Item: marshall(itemNumber(7, { available: false })),
    }),
  );
}

async function sendPeople(): Promise<void> {
  for (const [index, userId] of people.entries()) {
    const product = { product_id: `item-${5 + index * 5}`, name: 'Seen', price: 3 };
    await test.send('/v1/track', { userId, event: 'Product Viewed', properties: product });
  }
  const consent = { personalization: false };
  const refusal = { event: 'Preferences Updated', properties: { consent } };
  await test.send('/v1/track', { userId: 'bert', ...refusal });
  const left = await test.send('/v1/track', {
    userId: 'cleo',
    event: 'Unsubscribed',
    properties: { email_id: 'e-1' },
  });
  expect([left.status, await left.text()]).toEqual([200, '{"success":true}']);
  const counts = new Map<string, number>([
    ['bert', 2],
    ['cleo', 2],
  ]);
  for (const userId of people) {
    const profile = await eventually(
      userId,
      () => test.profileOf(userId),
      (found) => found?.eventCount === (counts.get(userId) ?? 1),
    );
    profileIds.set(userId, profile?.profileId ?? '');
  }
}

const shown = z.object({ exportId: z.string(), location: z.string(), status: z.literal('done') });

async function exported(options = ''): Promise<{ prefix: string; manifest: ExportManifest }> {
  const line = `npx kindred export recommendations ${options} --json`;
  const { location } = shown.parse(JSON.parse(await kindredShell(line, folder, environment)));
  const prefix = location.replace(`s3://${lake()}/`, '');
  const manifest = exportManifest.parse(JSON.parse(String(await object(`${prefix}manifest.json`))));
  return { prefix, manifest };
}

async function object(key: string): Promise<Buffer> {
  const answer = await test.clients.s3.send(new GetObjectCommand({ Bucket: lake(), Key: key }));
  return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
}

async function rowsOf(
  { prefix, manifest }: Awaited<ReturnType<typeof exported>>,
  list: string,
  format: string,
) {
  const reader = { jsonl: 'read_json', csv: 'read_csv', parquet: 'read_parquet' }[format];
  const files: string[] = [];
  for (const { name } of manifest.files) {
    if (!name.startsWith(`${list}/${format}/`)) continue;
    const file = join(folder, `${format}-${basename(name)}`);
    await writeFile(file, await object(`${prefix}${name}`));
    files.push(`'${file}'`);
  }
  const connection = await (await DuckDBInstance.create()).connect();
  // An empty text is in quotes, null is not: as Snowflake and BigQuery read it.
  const options = format === 'csv' ? ', allow_quoted_nulls = false' : '';
  const key = list === 'customers' ? 'customer' : 'for_item_id';
  const sql = `SELECT * REPLACE (epoch_ms(generated_at::TIMESTAMP) AS generated_at,
      rank::INTEGER AS rank, price::DOUBLE AS price)
    FROM ${reader}([${files}]${options}) ORDER BY ${key}, rank`;
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

async function checkFiles({ prefix, manifest }: Awaited<ReturnType<typeof exported>>) {
  const listed = await test.clients.s3.send(
    new ListObjectsV2Command({ Bucket: lake(), Prefix: prefix }),
  );
  const keys = (listed.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length));
  expect(keys.sort()).toEqual(['manifest.json', ...manifest.files.map(({ name }) => name)].sort());
  for (const { name, bytes, sha256 } of manifest.files) {
    const content = await object(`${prefix}${name}`);
    expect(content.byteLength, name).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex'), name).toBe(sha256);
  }
}

describe('an export of recommendations', () => {
  it('has for each customer what serving answers, in three forms that say the same', async () => {
    const all = await exported();
    await checkFiles(all);
    expect(all.manifest.counts).toEqual({
      customers: 3,
      notPersonalized: 1,
      suppressed: 1,
      unreadable: 0,
      items: 40,
    });
    const rows = await rowsOf(all, 'customers', 'parquet');
    for (const userId of ['ada', 'bert', 'dora']) {
      const answer = await test.recommend('for-you', profileIds.get(userId) ?? '', 12);
      const own = rows.filter(({ customer }) => customer === profileIds.get(userId));
      expect(
        own.map(({ item_id, reason, source, price }) => [item_id, reason, source, price]),
      ).toEqual(answer.items.map((item) => [item.item_id, item.reason, answer.source, item.price]));
      expect(own.map(({ rank }) => rank)).toEqual(answer.items.map((_, index) => index + 1));
      expect(own.some(({ item_id }) => item_id === 'item-7')).toBe(false);
    }
    const byPerson = (userId: string) =>
      rows.filter(({ customer }) => customer === profileIds.get(userId));
    expect(byPerson('ada')[0]).toMatchObject({ source: 'personal', item_id: 'item-6' });
    expect(byPerson('bert')[0]).toMatchObject({ source: 'trending' });
    expect(byPerson('cleo')).toEqual([]);
    for (const list of ['customers', 'items']) {
      const parquet = await rowsOf(all, list, 'parquet');
      expect(await rowsOf(all, list, 'csv')).toEqual(parquet);
      expect(await rowsOf(all, list, 'jsonl')).toEqual(parquet);
      const columns = warehouseTables.find((table) => table.list === list)?.columns ?? [];
      expect(Object.keys(parquet[0] ?? {})).toEqual(columns.map(({ name }) => name));
    }
  }, 120_000);

  it('lists with each item what the model finds similar, without what is sold out', async () => {
    const some = await exported('--lists items --formats parquet --limit 2');
    expect(some.manifest.counts).toMatchObject({ customers: 0, items: 40 });
    const rows = await rowsOf(some, 'items', 'parquet');
    const listOf = (item: string) =>
      rows.filter((row) => row.for_item_id === item).map((row) => row.item_id);
    expect(listOf('item-10')).toEqual(['item-11', 'item-12']);
    expect(listOf('item-5')).toEqual(['item-6', 'item-8']);
  }, 120_000);

  it('is by the placement as operators have written it', async () => {
    const picked = { kind: 'hand-picked', itemIds: ['item-30', 'item-31'] };
    const ladder = [picked, { kind: 'static', content: 'evergreen' }];
    const { version: _, ...popular } = bundledPlacements.fallback;
    const placement = {
      ...popular,
      id: 'shelf',
      version: 1,
      ladder,
      limit: { default: 2, max: 2 },
    };
    await writeFile(join(folder, 'shelf.json'), JSON.stringify(placement));
    await kindredShell('npx kindred config put placement shelf.json', folder, environment);
    const some = await exported('--placement shelf --lists customers --formats parquet');
    const rows = await rowsOf(some, 'customers', 'parquet');
    const ada = rows.filter(({ customer }) => customer === profileIds.get('ada'));
    expect(ada.map((row) => row.item_id)).toEqual(['item-30', 'item-31']);
  }, 120_000);

  it('loses the rows of who is erased, and its manifest stays true', async () => {
    const all = await exported('--lists customers');
    const dora = profileIds.get('dora') ?? '';
    const before = await rowsOf(all, 'customers', 'csv');
    expect(before.some(({ customer }) => customer === dora)).toBe(true);
    await kindredShell(
      'npx kindred customer erase --customer dora --reason test',
      folder,
      environment,
    );
    const text = (await object(`${all.prefix}manifest.json`)).toString();
    const after = { ...all, manifest: exportManifest.parse(JSON.parse(text)) };
    await checkFiles(after);
    for (const format of ['jsonl', 'csv', 'parquet']) {
      const left = await rowsOf(after, 'customers', format);
      expect(left).toEqual(before.filter(({ customer }) => customer !== dora));
      const rows = after.manifest.files.filter((file) => file.format === format);
      expect(rows.reduce((sum, file) => sum + file.rows, 0)).toBe(left.length);
    }
    const next = await exported('--lists customers --formats jsonl');
    expect(next.manifest.counts.customers).toBe(2);
  }, 240_000);

  it('refuses what is no export, naming the field', async () => {
    const ask = (options: string) =>
      kindredShell(`npx kindred export recommendations ${options}`, folder, environment);
    await expect(ask('--placement nowhere')).rejects.toThrow('There is no placement of this name');
    await expect(ask('--formats xlsx')).rejects.toThrow('formats');
  });

  it('is started by the commands of its guide', async () => {
    const guide = await readFile(join(root, 'docs/how-to/export-recommendations.md'), 'utf8');
    const [, fence = ''] = /```sh\n([\s\S]*?)```/u.exec(guide) ?? [];
    const commands = fence.trim().split('\n');
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      expect(await kindredShell(command, folder, environment)).toMatch(/Done: lists|is under way/u);
    }
  }, 120_000);
});
