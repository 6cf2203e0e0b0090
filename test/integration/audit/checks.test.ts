import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditDatabase } from '../../../adapters/duckdb/audit-database.ts';
import { runAudit } from '../../../adapters/duckdb/run-audit.ts';
import type { ExpectationResult } from '../../../core/quality/audit-report.ts';
import type { DayMeasures } from '../../../core/quality/day-measures.ts';
import { parseSuite } from '../../../core/quality/suite.ts';

const NOW_MS = Date.parse('2026-11-25T06:00:00Z');
const columns = {
  order_id: { type: 'text' },
  email: { type: 'text' },
  item: { type: 'text' },
  quantity: { type: 'integer' },
  price: { type: 'number' },
  total: { type: 'number' },
  currency: { type: 'text' },
  ordered_at: { type: 'time' },
  shipped_on: { type: 'date' },
  properties: { type: 'json' },
  coupon: { type: 'text', from: 'properties.coupon' },
};
const header = 'order_id,email,item,quantity,price,total,currency,ordered_at,shipped_on,properties';
const lines = [
  'o1,ada@example.com,mug,2,5.00,22.50,GBP,2026-11-24T10:00:00Z,2026-11-25,"{""coupon"":""SPRING""}"',
  'o1,ada@example.com,hat,1,12.50,22.50,GBP,2026-11-24T10:00:00Z,2026-11-25,',
  'o2,no address,mug,three,5.00,15.00,gbp,2026-11-24T11:00:00Z,2026-11-23,"{""coupon"":""""}"',
  'o3,,ghost,1,-1,20.00,USD,2026-11-24 12:00:00,,not json',
  'o3,,ghost,1,-1,20.00,USD,2026-11-24 12:00:00,,not json',
  'o4,eve@example.com,hat,12.7,nan,,EUR,yesterday,2026-13-01,',
];

let folder: string;
let file: string;
let catalogue: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-checks-'));
  file = join(folder, 'orders.csv');
  catalogue = join(folder, 'catalogue.csv');
  await writeFile(file, `${header}\n${lines.join('\n')}\n`);
  await writeFile(catalogue, 'item_id,price\nmug,5\nhat,12.5\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Circumstances {
  readonly files?: readonly string[];
  readonly earlier?: readonly DayMeasures[];
  readonly declared?: object;
}

/** Audits with one expectation, `id` and severity filled in. */
async function audit(one: object, { files = [file], earlier = [], declared }: Circumstances = {}) {
  const suite = parseSuite(
    {
      formVersion: 1,
      suiteId: 'orders',
      version: 1,
      title: 'Orders',
      dataset: 'orders',
      columns: declared ?? columns,
      ...(declared === undefined ? { time: 'ordered_at' } : {}),
      references: {
        catalogue: { columns: { item_id: { type: 'text' }, price: { type: 'number' } } },
      },
      expectations: [{ id: 'it', severity: 'quarantine', ...one }],
    },
    'suite',
  );
  const database = await AuditDatabase.open({ memoryMb: 256, threads: 1, folder, folderMb: 100 });
  try {
    const table = await database.load({
      name: 'orders',
      files,
      columns: suite.columns,
      time: suite.time,
    });
    const other = suite.references?.catalogue?.columns ?? {};
    const references = await database.load({
      name: 'catalogue',
      files: [catalogue],
      columns: other,
    });
    await database.confine([folder]);
    return await runAudit({
      suite,
      database,
      table,
      references: new Map([['catalogue', references]]),
      data: 'orders.csv',
      earlier,
      nowMs: () => NOW_MS,
    });
  } finally {
    database.close();
  }
}

async function resultOf(one: object, circumstances?: Circumstances): Promise<ExpectationResult> {
  const { report } = await audit(one, circumstances);
  const result = report.results.find(({ id }) => id === 'it');
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('each kind of expectation counts exactly what it says', () => {
  it.each<[what: string, one: object, checked: number, unexpected: number]>([
    ['types of all columns', { kind: 'types' }, 6, 4],
    ['types of one', { kind: 'types', columns: ['quantity'] }, 6, 2],
    ['a text that is no number, in a number', { kind: 'types', columns: ['price'] }, 6, 1],
    ['a month that is none', { kind: 'types', columns: ['shipped_on'] }, 6, 1],
    ['what is no JSON', { kind: 'types', columns: ['properties'] }, 6, 2],
    ['completeness', { kind: 'complete', columns: ['email'] }, 6, 2],
    ['a value of a wrong type is not missing', { kind: 'complete', columns: ['ordered_at'] }, 6, 0],
    ['several columns at once', { kind: 'complete', columns: ['email', 'total'] }, 6, 3],
    [
      'only where',
      { kind: 'complete', columns: ['email'], where: [{ column: 'item', in: ['ghost'] }] },
      2,
      2,
    ],
    ['a range', { kind: 'range', column: 'price', minimum: 0 }, 5, 2],
    [
      'a range with the bound out',
      { kind: 'range', column: 'price', exclusiveMaximum: 12.5 },
      5,
      1,
    ],
    [
      'a range of times',
      { kind: 'range', column: 'ordered_at', minimum: '2026-11-24T10:30:00' },
      5,
      2,
    ],
    ['a set', { kind: 'in', column: 'currency', values: ['GBP', 'EUR'] }, 6, 3],
    ['a set that is not wanted', { kind: 'notIn', column: 'item', values: ['ghost'] }, 6, 2],
    ['a pattern', { kind: 'matches', column: 'order_id', pattern: '^o[12]$' }, 6, 3],
    ['a pattern that is not wanted', { kind: 'notMatches', column: 'item', pattern: '^g' }, 6, 2],
    ['a form', { kind: 'format', column: 'email', format: 'email' }, 4, 1],
    ['a currency’s code', { kind: 'format', column: 'currency', format: 'currency' }, 6, 1],
    [
      'a relation',
      { kind: 'compare', left: 'shipped_on', operator: '>=', right: 'ordered_at' },
      3,
      1,
    ],
    ['a field inside of JSON', { kind: 'complete', columns: ['coupon'] }, 6, 5],
    ['uniqueness', { kind: 'unique', columns: ['order_id'] }, 6, 2],
    ['uniqueness together', { kind: 'unique', columns: ['order_id', 'item'] }, 6, 1],
    ['rows that repeat', { kind: 'distinctRows' }, 6, 1],
    [
      'rows that repeat but for',
      { kind: 'distinctRows', except: ['item', 'quantity', 'price', 'properties', 'coupon'] },
      6,
      2,
    ],
    ['one value a key', { kind: 'oneValuePerKey', key: ['item'], column: 'quantity' }, 3, 0],
    ['several values a key', { kind: 'oneValuePerKey', key: ['item'], column: 'order_id' }, 3, 2],
    [
      'what another data set has',
      { kind: 'reference', columns: ['item'], dataset: 'catalogue', referenced: ['item_id'] },
      6,
      2,
    ],
    [
      'a total and its lines',
      {
        kind: 'total',
        key: ['order_id'],
        total: 'total',
        lines: { amount: { multiply: ['price', 'quantity'] } },
      },
      2,
      1,
    ],
    [
      'a total and its lines, with a difference',
      {
        kind: 'total',
        key: ['order_id'],
        total: 'total',
        lines: { amount: { multiply: ['price', 'quantity'] } },
        within: { absolute: 25 },
      },
      2,
      0,
    ],
    [
      'a total and lines elsewhere',
      {
        kind: 'total',
        key: ['item'],
        total: 'price',
        lines: { dataset: 'catalogue', key: ['item_id'], amount: 'price' },
      },
      2,
      0,
    ],
  ])('%s', async (_, one, checked, unexpected) => {
    const result = await resultOf(one);
    expect(result).toMatchObject({ checkedCount: checked, unexpectedCount: unexpected });
    expect(result.status).toBe(unexpected === 0 ? 'met' : 'unmet');
    expect(result.samples.length > 0).toBe(unexpected > 0);
  });

  it('with what is put up with, as a number and as a share', async () => {
    const one = { kind: 'complete', columns: ['email'] };
    const statusAt = async (atMost: object) => (await resultOf({ ...one, atMost })).status;
    expect(await statusAt({ count: 1 })).toBe('unmet');
    expect(await statusAt({ count: 2 })).toBe('met');
    expect(await statusAt({ share: 0.33 })).toBe('unmet');
    expect(await statusAt({ share: 0.34 })).toBe('met');
  });

  it('the number of rows, and the age of the newest', async () => {
    expect(await resultOf({ kind: 'volume', minimum: 7 })).toMatchObject({
      status: 'unmet',
      observed: 6,
    });
    expect(await resultOf({ kind: 'volume', maximum: 6 })).toMatchObject({ status: 'met' });
    const fresh = { kind: 'fresh', column: 'ordered_at' };
    expect(await resultOf({ ...fresh, hoursMax: 18 })).toMatchObject({
      status: 'met',
      observed: 18,
    });
    expect(await resultOf({ ...fresh, hoursMax: 17 })).toMatchObject({ status: 'unmet' });
  });

  it('shows rows as they were read, with their number and nobody’s address', async () => {
    const { samples } = await resultOf({ kind: 'types', columns: ['quantity'] });
    expect(samples.map(({ row, quantity }) => [row, quantity])).toEqual([
      [3, 'three'],
      [6, '12.7'],
    ]);
    expect(JSON.stringify(samples)).not.toMatch(/eve|no address|SPRING/);
  });

  it('a check that cannot be made is a breach with its reason', async () => {
    const { report } = await audit({
      kind: 'compare',
      left: 'price',
      operator: '<',
      right: 'ordered_at',
    });
    expect(report.results[0]).toMatchObject({ status: 'failed' });
    expect(report.results[0]?.message).toMatch(/could not be made: Binder Error/);
    expect(report.verdict).toBe('quarantine');
  });
});

describe('a day is compared with the days before', () => {
  const day = (index: number) =>
    new Date(Date.UTC(2026, 8, 1) + index * 86_400_000).toISOString().slice(0, 10);
  const declared = { at: { type: 'date' }, source: { type: 'text' }, price: { type: 'number' } };
  const suiteOf = (one: object) => ({ ...one, by: ['source'] });

  async function daily(rowsOf: (index: number) => string[], one: object) {
    const path = join(
      folder,
      `daily-${Math.abs(JSON.stringify(one).length)}-${rowsOf(40).length}.csv`,
    );
    const rows = Array.from({ length: 64 }, (_, index) => rowsOf(index)).flat();
    await writeFile(path, `at,source,price\n${rows.join('\n')}\n`);
    const suite = parseSuite(
      {
        formVersion: 1,
        suiteId: 'days',
        version: 1,
        title: 'Days',
        dataset: 'days',
        columns: declared,
        time: 'at',
        expectations: [{ id: 'it', severity: 'warn', ...one }],
      },
      'suite',
    );
    const database = await AuditDatabase.open({ memoryMb: 256, threads: 1, folder, folderMb: 100 });
    try {
      const table = await database.load({
        name: 'days',
        files: [path],
        columns: suite.columns,
        time: 'at',
      });
      const { report } = await runAudit({
        suite,
        database,
        table,
        references: new Map(),
        data: 'days',
        earlier: [],
        nowMs: () => NOW_MS,
      });
      return report.results[0]!;
    } finally {
      database.close();
    }
  }

  const repeat = (count: number, row: string) => Array.from({ length: count }, () => row);

  it('for each source, also for one that sends no more', async () => {
    const rowsOf = (index: number) => [
      ...repeat(200 + (index % 5), `${day(index)},shop,1`),
      ...(index === 63 ? [] : repeat(100, `${day(index)},app,1`)),
    ];
    const result = await daily(rowsOf, suiteOf({ kind: 'anomaly', measure: { of: 'rows' } }));
    expect(result).toMatchObject({ status: 'unmet', checkedCount: 2, unexpectedCount: 1 });
    expect(result.message).toMatch(/app: 0, usual are 65 to 135/);
    expect(result.series[0]).toMatchObject({ label: 'app', isUnusual: true });
  });

  it('says that there is not enough history, which is no breach', async () => {
    const rowsOf = (index: number) => (index < 50 ? [] : repeat(10, `${day(index)},shop,1`));
    const result = await daily(rowsOf, {
      kind: 'anomaly',
      measure: { of: 'sum', column: 'price' },
    });
    expect(result.status).toBe('undecided');
    expect(result.message).toMatch(/Not enough history: 1 of the 4 same weekdays/);
  });

  it('prices that doubled have drifted, prices that scatter have not', async () => {
    const prices = (index: number, factor: number) =>
      Array.from(
        { length: 300 },
        (_, row) => `${day(index)},shop,${factor * (1 + ((row * 7 + index) % 50))}`,
      );
    const one = { kind: 'drift', column: 'price' };
    for (const by of ['psi', 'ks']) {
      const scattered = await daily((index) => prices(index, 1), { ...one, by });
      expect(scattered).toMatchObject({ status: 'met' });
      const doubled = await daily((index) => prices(index, index === 63 ? 2.5 : 1), {
        ...one,
        by,
        title: 'x',
      });
      expect(doubled).toMatchObject({ status: 'unmet' });
    }
  });

  it('with what earlier audits kept, where the data has one day', async () => {
    const rows = { kind: 'anomaly', measure: { of: 'rows' } };
    const earlier = Array.from({ length: 8 }, (_, week) => ({
      formVersion: 1 as const,
      suiteId: 'orders',
      day: new Date(Date.UTC(2026, 10, 24) - (week + 1) * 7 * 86_400_000)
        .toISOString()
        .slice(0, 10),
      measures: { it: { '': 1000 } },
    }));
    const { report, measures } = await audit(rows, { earlier });
    expect(report.results[0]).toMatchObject({ status: 'unmet' });
    expect(measures).toMatchObject({ day: '2026-11-24', measures: { it: { '': 5 } } });
  });
});

describe('whatever names and texts a suite has', () => {
  it('none of them is read as SQL', async () => {
    const nasty = fc.string({
      unit: fc.constantFrom("'", '"', ';', '-', '\\', '%', ')', 'a', ' ', '\n'),
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (column, value) => {
        const path = join(folder, 'nasty.ndjson');
        // DuckDB takes names that differ in case alone as one.
        await writeFile(path, `${JSON.stringify({ a: value, b: 'other' })}\n`);
        const declared = { a: { type: 'text' }, b: { type: 'text' } };
        const result = await resultOf(
          { kind: 'in', column: 'a', values: [value, column], title: column },
          { files: [path], declared },
        );
        expect(result).toMatchObject({ status: 'met', checkedCount: 1 });
      }),
      { seed: 165, numRuns: 40 },
    );
  });

  it('no query reaches a file beyond the audited ones', async () => {
    const database = await AuditDatabase.open({ memoryMb: 128, threads: 1, folder, folderMb: 10 });
    try {
      await database.confine([folder]);
      await expect(database.rows("SELECT * FROM read_csv('/etc/passwd')")).rejects.toThrow(
        /disabled/,
      );
      await expect(database.rows('SET enable_external_access = true')).rejects.toThrow();
    } finally {
      database.close();
    }
  });
});
