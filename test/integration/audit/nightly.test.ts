import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { Sha256 } from '../../../adapters/aws/sha256.ts';
import { partKey, putPart } from '../../../adapters/s3/curated-store.ts';
import type { CollectedEvent } from '../../../core/events/event.ts';
import { auditReport } from '../../../core/quality/audit-report.ts';
import {
  eventColumns,
  productColumns,
  productRowsOf,
} from '../../../core/quality/curated-events.ts';
import { CuratedPart } from '../../../core/quality/curated-part.ts';
import { makeDayMeasures } from '../../../core/quality/day-measures.ts';
import { latestAudit } from '../../../core/quality/quality-index.ts';
import { dayBefore } from '../../../core/quality/robust-statistics.ts';
import { eventually, startTestCloud, type TestCloud } from '../cloud.ts';

const YESTERDAY = dayBefore(new Date().toISOString().slice(0, 10), 1);
const EARLIER = dayBefore(YESTERDAY, 10);

// A cloud, and then some twenty audits and commands.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

let test: TestCloud;
let bucket: string;
/** Of all suites, before anything has come. */
let firstAudit: Awaited<ReturnType<typeof audit>>;
let firstReport: Awaited<ReturnType<typeof reportOf>>;
beforeAll(async () => {
  test = await startTestCloud();
  bucket = test.cloud.connection.resources.LakeBucketName ?? '';
  firstAudit = await audit({});
  firstReport = await reportOf('events', YESTERDAY);
  for (const itemId of ['mug', 'hat']) {
    await test.clients.dynamoDb.send(
      new PutItemCommand({
        TableName: test.cloud.connection.resources.CatalogueTableName ?? '',
        Item: marshall({
          itemId,
          title: itemId,
          price: 12.5,
          currency: 'GBP',
          url: `https://shop.example/${itemId}`,
          imageUrl: `https://shop.example/${itemId}.jpg`,
          category: 'all',
          brand: '',
          available: true,
          updatedAtMs: Date.now(),
        }),
      }),
    );
  }
  await test.send('/v1/track', {
    userId: 'ada',
    event: 'Product Viewed',
    properties: { product_id: 'mug' },
  });
  await eventually(
    'the profile',
    () => test.profileOf('ada'),
    (profile) => profile !== undefined,
  );
}, 300_000);
afterAll(() => test?.stop());

function eventOf(day: string, number: number, more: Partial<CollectedEvent> = {}): CollectedEvent {
  const at = `${day}T${String(12 + (number % 12)).padStart(2, '0')}:00:00.000Z`;
  return {
    schemaVersion: 1,
    messageId: `message-${number}`,
    type: 'track',
    event: 'Order Completed',
    identities: [{ kind: 'userId', key: `customer-${number % 7}` }],
    userId: `ada-${number % 7}@example.com`,
    source: 'web-shop',
    timestamp: at,
    receivedAt: at,
    properties: {
      order_id: `o${number}`,
      revenue: 25,
      currency: 'GBP',
      products: [{ product_id: 'mug', price: 12.5, quantity: 2 }],
    },
    ...more,
  };
}

/** A day of the lake, as compaction leaves it. */
async function putDay(day: string, events: readonly CollectedEvent[]): Promise<void> {
  const store = { client: test.clients.s3, bucket };
  const part = new CuratedPart(eventColumns);
  const products = new CuratedPart(productColumns);
  for (const event of events) {
    part.add(event);
    for (const row of productRowsOf(event)) products.add(row);
  }
  await putPart(store, partKey('events', day, 0), part.columns);
  await putPart(store, partKey('event_products', day, 0), products.columns);
}

const orders = (day: string, count: number) =>
  Array.from({ length: count }, (_, number) => eventOf(day, number));

async function audit(input: object) {
  const { sfn } = test.clients;
  const stateMachineArn = test.cloud.connection.resources.AuditStateMachineArn ?? '';
  const started = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return eventually(
    'the end of the audit',
    () => sfn.send(new DescribeExecutionCommand({ executionArn: started.executionArn })),
    ({ status }) => status !== 'RUNNING',
    90_000,
  );
}

async function textOf(key: string): Promise<string> {
  const { Body } = await test.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? '';
}

const reportOf = async (suiteId: string, day: string) =>
  auditReport.parse(JSON.parse(await textOf(`quality/${suiteId}/${day}/report.json`)));

async function ask(path: string): Promise<Response> {
  const { api, region } = test.cloud.connection;
  const url = new URL(`${api}/v1${path}`);
  const credentials = { accessKeyId: 'kindred', secretAccessKey: 'kindred' };
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host },
  });
  const { host: _, ...sent } = headers;
  return fetch(url, { headers: sent });
}

const listed = z.object({
  latest: latestAudit,
  reports: z.array(z.record(z.string(), z.unknown())),
  isWhole: z.boolean(),
});

describe('the nightly audit', () => {
  it('does not take an installation to which nothing has come yet for an outage, and says so', async () => {
    expect([firstAudit.status, firstAudit.cause]).toEqual(['SUCCEEDED', undefined]);
    expect(firstReport).toMatchObject({ verdict: 'passed', rowCount: 0 });
    expect(firstReport.data).toContain('no row has come yet');
    const arrives = firstReport.results.find(({ id }) => id === 'arrives');
    expect(arrives).toMatchObject({ status: 'undecided', unexpectedCount: 0 });
    expect(arrives?.message).toContain('Nothing has come yet');
  });

  it('audits yesterday, the customers and the catalogue, and keeps what it found', async () => {
    await putDay(YESTERDAY, orders(YESTERDAY, 40));
    const ended = await audit({});
    expect([ended.status, ended.cause]).toEqual(['SUCCEEDED', undefined]);
    const latest = latestAudit.parse(JSON.parse(await textOf('quality/latest.json')));
    expect(latest.day).toBe(YESTERDAY);
    expect(latest.suites.map(({ suiteId, rowCount }) => [suiteId, rowCount]).sort()).toEqual([
      ['catalogue', 2],
      ['customers', 1],
      ['events', 40],
      ['interactions', 40],
      ['orders', 40],
    ]);
    expect(latest.suites.filter(({ verdict }) => verdict === 'stop')).toEqual([]);
    const report = await reportOf('orders', YESTERDAY);
    const lines = report.results.find(({ id }) => id === 'revenue-is-sum-of-lines');
    expect(lines).toMatchObject({ status: 'met', checkedCount: 40 });
  });

  it('writes a page in which nobody is named', async () => {
    const page = await textOf(`quality/events/${YESTERDAY}/report.html`);
    expect(page).toContain('Events of a day');
    expect(page).not.toContain('example.com');
  });

  it('stops where the data must not be built on, and says which expectation', async () => {
    const twice = [...orders(EARLIER, 10), eventOf(EARLIER, 3)];
    await putDay(EARLIER, twice);
    const ended = await audit({ day: EARLIER, suites: ['events'] });
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'DataStopped',
      cause: 'events: message-unique',
    });
    const latest = latestAudit.parse(JSON.parse(await textOf('quality/latest.json')));
    // An earlier day, audited again, is not the latest.
    expect(latest.day).toBe(YESTERDAY);
    const report = await reportOf('events', EARLIER);
    const unique = report.results.find(({ id }) => id === 'message-unique');
    expect(unique).toMatchObject({ unexpectedCount: 1, samples: [{ message_id: 'message-3' }] });
  });

  it('knows the days before: half of what is usual is found', async () => {
    for (let week = 1; week <= 8; week += 1) {
      const day = dayBefore(YESTERDAY, 7 * week);
      const measures = makeDayMeasures('orders', day, { 'orders-a-day': { '': 80 + week } });
      await test.clients.s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `quality/orders/${day}/measures.json`,
          Body: JSON.stringify(measures),
        }),
      );
    }
    await audit({ day: YESTERDAY, suites: ['orders'] });
    const report = await reportOf('orders', YESTERDAY);
    const result = report.results.find(({ id }) => id === 'orders-a-day');
    expect(result).toMatchObject({ status: 'unmet', series: [{ isUnusual: true }] });
    expect(result?.message).toMatch(/is unusual: 40, usual are/);
  });

  it('finds a day without any event, where there is no file', async () => {
    const empty = dayBefore(YESTERDAY, 5);
    const ended = await audit({ day: empty, suites: ['events'] });
    expect(ended).toMatchObject({ status: 'FAILED', cause: 'events: arrives' });
  });

  it('expects nothing of a day before the first, and everything where what came is gone', async () => {
    const before = dayBefore(EARLIER, 20);
    const first = await audit({ day: before, suites: ['events'] });
    expect(first.status).toBe('SUCCEEDED');
    const measures = makeDayMeasures('events', dayBefore(before, 1), {
      'volume-by-source': { web: 9 },
    });
    await test.clients.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `quality/events/${dayBefore(before, 1)}/measures.json`,
        Body: JSON.stringify(measures),
      }),
    );
    const gone = await audit({ day: before, suites: ['events'] });
    expect(gone).toMatchObject({ status: 'FAILED', cause: 'events: arrives' });
  });

  it('takes the shop’s own suite, and tells of one that can’t be used', async () => {
    const put = (id: string, document: object) =>
      test.clients.dynamoDb.send(
        new PutItemCommand({
          TableName: test.cloud.connection.resources.ConfigTableName ?? '',
          Item: marshall({ kind: 'expectations', id, ...document }),
        }),
      );
    await put('catalogue', {
      formVersion: 1,
      suiteId: 'catalogue',
      version: 7,
      title: 'Our catalogue',
      dataset: 'catalogue',
      isState: true,
      columns: { item_id: { type: 'text' }, brand: { type: 'text' } },
      expectations: [{ id: 'brands', kind: 'complete', columns: ['brand'], severity: 'warn' }],
    });
    await put('damaged', { formVersion: 1, title: 'no suite' });
    const ended = await audit({ suites: ['catalogue', 'damaged'] });
    expect(ended).toMatchObject({ status: 'FAILED', cause: 'damaged: SuiteError' });
    const report = await reportOf('catalogue', YESTERDAY);
    expect(report).toMatchObject({ title: 'Our catalogue', suiteVersion: 7, verdict: 'warn' });
    await test.clients.dynamoDb.send(
      new DeleteItemCommand({
        TableName: test.cloud.connection.resources.ConfigTableName ?? '',
        Key: marshall({ kind: 'expectations', id: 'damaged' }),
      }),
    );
  });

  it('is told by the operators’ API', async () => {
    const answer = await ask('/quality/reports');
    const { latest, reports, isWhole } = listed.parse(await answer.json());
    expect(latest.day).toBe(YESTERDAY);
    expect(isWhole).toBe(true);
    expect(reports[0]).toMatchObject({ day: YESTERDAY, suiteId: 'catalogue' });
    const older = await ask(`/quality/reports?suite=events&to=${EARLIER}`);
    const events = listed.parse(await older.json());
    expect(events.reports[0]).toMatchObject({
      suiteId: 'events',
      day: EARLIER,
      verdict: 'stop',
      unmet: [{ id: 'message-unique', severity: 'stop' }],
    });
    const one = await ask(`/quality/reports/orders/${YESTERDAY}`);
    expect(auditReport.parse(await one.json()).rowCount).toBe(40);
    const page = await ask(`/quality/reports/orders/${YESTERDAY}?form=html`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<!doctype html>');
    expect((await ask('/quality/reports/orders/2001-01-01')).status).toBe(404);
    expect((await ask('/quality/reports?suite=../x')).status).toBe(400);
  });
});

describe('the guide', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  let folder: string;
  beforeAll(async () => {
    // A repository like this one, in which files may be written.
    folder = await mkdtemp(join(tmpdir(), 'audit-guide-'));
    const here = join(folder, 'kindred');
    await mkdir(join(here, '.kindred'), { recursive: true });
    // But for its own folder of whatever runs here.
    const names = (await readdir(root)).filter((name) => name !== '.kindred');
    for (const name of names) await symlink(join(root, name), join(here, name));
    await symlink(join(root, '..', 'shared'), join(folder, 'shared'));
    const { connection } = test.cloud;
    await writeFile(join(here, '.kindred', 'connection.json'), JSON.stringify(connection));
    const guide = await readFile(join(root, 'docs/how-to/audit-your-data.md'), 'utf8');
    const suite = /```json\n(\{\n {2}"formVersion"[\s\S]*?)```/.exec(guide)?.[1] ?? '';
    await writeFile(join(here, 'orders.suite.json'), suite);
    await writeFile(join(here, 'products.csv'), 'item_id\nmug\n');
    await writeFile(
      join(here, 'orders.csv'),
      'order_id,ordered_at,sku,quantity,price,total,email\no1,2026-11-24T10:00:00Z,mug,2,5.00,10.00,ada@example.com\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has commands that run as they stand', async () => {
    const guide = await readFile(join(root, 'docs/how-to/audit-your-data.md'), 'utf8');
    const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, fence = '']) =>
      fence.trim().split('\n'),
    );
    expect(commands.length).toBeGreaterThan(4);
    for (const command of commands) {
      const needsData = /\.\.\/shared\/\S+/.exec(command)?.[0];
      if (needsData !== undefined && !existsSync(join(folder, 'kindred', needsData))) {
        console.log('skipped: ../shared/data is not there');
        continue;
      }
      const cwd = join(folder, 'kindred');
      const { stdout } = await promisify(execFile)('bash', ['-c', command], { cwd });
      expect(stdout, command).toMatch(
        /expectations are unmet|fit to import|expectations orders|^orders$/m,
      );
    }
  });
});
