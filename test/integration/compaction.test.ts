import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { quarantineKey } from '../../adapters/s3/quarantine-store.ts';
import { readyQueries } from '../../cdk/constructs/lake-tables.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import type { RefusalReason } from '../../core/events/validate-call.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { compactDay } from '../../lambdas/enrich/compact-day.ts';
import { type CompactionRun, compactionOf } from '../../lambdas/enrich/compaction-run.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';

const TODAY = new Date().toISOString().slice(0, 10);
let directory = '';
let s3: S3Engine;
let client: S3Client;
let bucket = '';
let bucketNumber = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-compaction-'));
  s3 = await startS3Engine({ directory: join(directory, 's3') });
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
beforeEach(async () => {
  bucketNumber += 1;
  bucket = `lake-${bucketNumber}`;
  await s3.createBucket(bucket);
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

function eventOf(number: number, more: Partial<CollectedEvent> = {}): CollectedEvent {
  const at = `${TODAY}T00:00:${String(number % 60).padStart(2, '0')}.000Z`;
  return {
    schemaVersion: 1,
    messageId: `message-${number}`,
    type: 'track',
    event: 'Product Viewed',
    identities: [{ kind: 'userId', key: `customer-${number % 7}` }],
    userId: `user-${number % 7}`,
    source: number % 2 === 0 ? 'web-shop' : 'app',
    timestamp: at,
    receivedAt: at,
    properties: { product_id: `item-${number % 5}`, price: number + 0.25, currency: 'eur' },
    ...more,
  };
}

/** Writes raw files as Firehose does, one a source. */
async function writeRaw(day: string, name: string, lines: readonly (object | string)[]) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const Key = `raw/day=${day}/source=web-shop/${name}.gz`;
  const Body = gzipSync(`${text.join('\n')}\n`);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
}

const warnings: unknown[] = [];
function step(run: CompactionRun, isTimeUp: (filesAsked: number) => boolean = () => false) {
  let asked = 0;
  const store = { client, bucket };
  // The clock is asked before each file.
  const nowMs = () => (isTimeUp(++asked) ? 1 : 0);
  const logger = { warn: (...words: unknown[]) => void warnings.push(words) };
  return compactDay(run, { lake: store, curated: store, logger, nowMs }, 0);
}

async function keys(prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

/** The curated tables in DuckDB, which knows nothing of who wrote the files. */
async function openTables(): Promise<DuckDBConnection> {
  const folder = await mkdtemp(join(directory, 'curated-'));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const table of ['events', 'event_products']) {
    for (const [index, key] of (await keys(`curated/${table}/`)).entries()) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const file = join(folder, `${table}-${index}.parquet`);
      await writeFile(file, (await Body?.transformToByteArray()) ?? new Uint8Array());
    }
    await connection.run(
      `CREATE VIEW ${table} AS SELECT *, '${TODAY}' AS day FROM '${folder}/${table}-*.parquet'`,
    );
  }
  await writeRefused(folder, 'bad-properties', 2);
  await writeRefused(folder, 'no-identity', 1);
  await connection.run(
    `CREATE VIEW quarantine AS SELECT * EXCLUDE filename, regexp_extract(filename, 'day=([^/]+)', 1) AS day
     FROM read_json('${folder}/quarantine/**/*.json', filename = true, hive_partitioning = false)`,
  );
  return connection;
}

/** Calls as the quarantine keeps them, one object each. */
async function writeRefused(folder: string, reason: RefusalReason, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const issues = [{ path: 'properties', message: 'is missing' }];
    const refused = { index: 0, messageId: undefined, reason, issues, call: { number } };
    const call = quarantinedCall(refused, { source: 'app', receivedAtMs: Date.now() });
    const file = join(folder, quarantineKey(call));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(call));
  }
}

async function rowsOf(connection: DuckDBConnection, sql: string) {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

const start = (day = TODAY) => compactionOf({ day }, 0);

describe('compaction', () => {
  it('makes each event of a day one row, whatever came twice or is no event', async () => {
    await writeRaw(TODAY, 'a', [eventOf(1), eventOf(2), eventOf(1), 'no JSON', { type: 'track' }]);
    await writeRaw(TODAY, 'b', [eventOf(2), eventOf(3)]);
    await writeRaw('2026-01-01', 'other-day', [eventOf(4)]);
    const run = await step(start());
    expect(run).toMatchObject({ isDone: true, rows: 3, duplicates: 2, unreadable: 2, parts: 1 });
    const tables = await openTables();
    const rows = await rowsOf(
      tables,
      'SELECT message_id, source, customer, occurred_at, properties FROM events ORDER BY message_id',
    );
    expect(rows).toEqual(
      [1, 2, 3].map((number) => ({
        message_id: `message-${number}`,
        source: number % 2 === 0 ? 'web-shop' : 'app',
        customer: `userId#customer-${number}`,
        occurred_at: `${TODAY} 00:00:0${number}`,
        properties: JSON.stringify(eventOf(number).properties),
      })),
    );
    expect(
      await rowsOf(
        tables,
        "SELECT item_id, price, quantity, currency FROM event_products WHERE message_id = 'message-3'",
      ),
    ).toEqual([{ item_id: 'item-3', price: 3.25, quantity: 1, currency: 'EUR' }]);
  });

  it('goes on where a step ended, and still knows what it has seen', async () => {
    await writeRaw(TODAY, 'a', [eventOf(1), eventOf(2)]);
    await writeRaw(TODAY, 'b', [eventOf(2), eventOf(3)]);
    await writeRaw(TODAY, 'c', [eventOf(1), eventOf(4)]);
    let run = start();
    let steps = 0;
    while (!run.isDone) {
      run = await step(run, (asked) => asked > 1);
      steps += 1;
      expect(steps).toBeLessThan(9);
    }
    expect(steps).toBe(3);
    expect(run).toMatchObject({ rows: 4, duplicates: 2, filesDone: 3 });
    const tables = await openTables();
    expect(await rowsOf(tables, 'SELECT count(*)::INT AS n FROM events')).toEqual([{ n: 4 }]);
  });

  it('writes the same parts when a day is made again, and takes away what is left of more', async () => {
    await writeRaw(TODAY, 'a', [eventOf(1)]);
    await writeRaw(TODAY, 'b', [eventOf(2)]);
    const paused = await step(start(), (asked) => asked > 1);
    await step(paused);
    expect(await keys('curated/events/')).toHaveLength(2);
    expect(await step(start())).toMatchObject({ isDone: true, rows: 2 });
    expect(await keys('curated/')).toEqual([
      `curated/event_products/day=${TODAY}/part-00000.parquet`,
      `curated/events/day=${TODAY}/part-00000.parquet`,
    ]);
    const tables = await openTables();
    expect(await rowsOf(tables, 'SELECT count(*)::INT AS n FROM events')).toEqual([{ n: 2 }]);
  });

  it('takes what a truncated raw file still holds, and says so', async () => {
    const whole = gzipSync(`${JSON.stringify(eventOf(1))}\n${'x'.repeat(100_000)}\n`);
    const Key = `raw/day=${TODAY}/source=app/a.gz`;
    const Body = whole.subarray(0, whole.length - 8);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    expect(await step(start())).toMatchObject({ isDone: true, rows: 1 });
    expect(warnings.at(-1)).toEqual(['a raw file ends early', { key: Key }]);
  });

  it('ends with nothing for a day without events', async () => {
    expect(await step(start())).toMatchObject({ isDone: true, rows: 0, parts: 0 });
  });

  it('makes the last whole day where none is named', () => {
    expect(compactionOf({}, Date.UTC(2026, 10, 23, 1, 30)).day).toBe('2026-11-22');
  });
});

describe('the ready queries', () => {
  it('answer from the curated files', async () => {
    const order = {
      event: 'Order Completed',
      properties: {
        order_id: 'order-1',
        revenue: 20,
        currency: 'EUR',
        products: [{ product_id: 'item-1', quantity: 2, price: 10 }],
      },
    };
    const campaign = { event: 'Email Opened', properties: { campaign_id: 'autumn' } };
    await writeRaw(TODAY, 'a', [
      ...[1, 2, 3].map((number) => eventOf(number)),
      // Two messages about one order are one order.
      eventOf(10, order),
      eventOf(11, { ...order, identities: [{ kind: 'userId', key: 'customer-3' }] }),
      eventOf(12, campaign),
      eventOf(19, campaign),
    ]);
    await step(start());
    const tables = await openTables();
    const answers = new Map<string, Record<string, unknown>[]>();
    for (const { name, sql } of readyQueries('.')) answers.set(name, await rowsOf(tables, sql));
    expect(answers.get('revenue-per-day')).toEqual([
      { order_day: TODAY, currency: 'EUR', orders: '1', customers: '1', revenue: 20 },
    ]);
    expect(answers.get('most-bought-products')?.[0]).toEqual({
      item_id: 'item-1',
      buyers: '1',
      viewers: '1',
      pieces: 4,
    });
    expect(answers.get('email-engagement')).toMatchObject([{ campaign_id: 'autumn', opened: '1' }]);
    expect(answers.get('events-per-day-and-source')).toHaveLength(6);
    expect(answers.get('refused-per-day')).toMatchObject([
      { day: TODAY, reason: 'bad-properties', source: 'app', calls: '2' },
      { day: TODAY, reason: 'no-identity', source: 'app', calls: '1' },
    ]);
    expect(answers.get('last-event-per-source')).toMatchObject([
      { source: 'web-shop' },
      { source: 'app' },
    ]);
  });
});
