import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditReport } from '../../../core/quality/audit-report.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const kindred = join(root, 'bin', 'kindred.mjs');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kindred audit`, whatever its exit code. */
function audit(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile('node', [kindred, 'audit', ...args], { cwd: folder }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

const suite = {
  formVersion: 1,
  suiteId: 'orders',
  version: 3,
  title: 'Orders of the shop',
  dataset: 'orders',
  columns: { order_id: { type: 'text' }, total: { type: 'number' }, email: { type: 'text' } },
  expectations: [
    { id: 'order-unique', kind: 'unique', columns: ['order_id'], severity: 'stop' },
    { id: 'total-positive', kind: 'range', column: 'total', exclusiveMinimum: 0, severity: 'warn' },
  ],
};
const rows = [
  { order_id: 'o1', total: 12.5, email: 'ada@example.com' },
  { order_id: 'o2', total: -3, email: 'eve@example.com' },
  { order_id: 'o3', total: 7, email: 'bob@example.com' },
];
const separated = (delimiter: string) =>
  [['order_id', 'total', 'email'], ...rows.map((row) => Object.values(row).map(String))]
    .map((row) => `${row.join(delimiter)}\n`)
    .join('');
const ndjson = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

let folder: string;
const put = (name: string, contents: string | Uint8Array) =>
  writeFile(join(folder, name), contents);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-command-'));
  await put('suite.json', JSON.stringify(suite));
  await put('orders.csv', separated(','));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('kindred audit reads', () => {
  it.each<[file: string, contents: () => string | Uint8Array]>([
    ['a.csv', () => separated(',')],
    ['b.csv.gz', () => gzipSync(separated(','))],
    ['c.csv.zst', () => zstdCompressSync(separated(','))],
    ['d.tsv', () => separated('\t')],
    ['crlf.csv', () => `\uFEFF${separated(',').replaceAll('\n', '\r\n')}`],
    ['e.ndjson', () => ndjson],
    ['f.jsonl.gz', () => gzipSync(ndjson)],
    [
      'g.parquet',
      () =>
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'order_id', data: rows.map((row) => row.order_id), type: 'STRING' },
              { name: 'total', data: rows.map((row) => row.total), type: 'DOUBLE' },
              { name: 'email', data: rows.map((row) => row.email), type: 'STRING' },
            ],
          }),
        ),
    ],
  ])('%s', async (file, contents) => {
    await put(file, contents());
    const { code, stdout, stderr } = await audit('--data', file, '--suite', 'suite.json', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = auditReport.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ rowCount: 3, unreadableCount: 0, verdict: 'warn', data: file });
    expect(report.results.map(({ unexpectedCount }) => unexpectedCount)).toEqual([0, 1]);
    expect(report.results[1]?.samples).toMatchObject([
      { order_id: 'o2', email: '••• (15 characters)' },
    ]);
  });

  it('several files as one', async () => {
    await put('more.csv', 'order_id,total,email\no1,1,\n');
    const given = ['--data', 'orders.csv', 'more.csv', '--suite', 'suite.json'];
    const { code, stdout } = await audit(...given);
    expect(stdout).toMatch(/stop +order-unique +1 of 4 rows \(25 %\) repeat another\./);
    expect(code).toBe(1);
  });
});

describe('kindred audit says', () => {
  it('what it found, in lines without colours where nobody is at a terminal', async () => {
    const { stdout, code } = await audit('--data', 'orders.csv', '--suite', 'suite.json');
    expect(stdout).toMatch(/Orders of the shop\norders\.csv, 3 rows, checked in [\d.]+ s/);
    expect(stdout).toMatch(/ok +order-unique +0 of 3 rows/);
    expect(stdout).toMatch(
      /warn +total-positive +1 of 3 rows \(33\.33 %\) are out of bounds\. First in row 2\./,
    );
    expect(stdout).toMatch(/1 of 2 expectations are unmet: warn\./);
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('the same on a page', async () => {
    await audit('--data', 'orders.csv', '--suite', 'suite.json', '--html', 'page.html');
    const page = await readFile(join(folder, 'page.html'), 'utf8');
    expect(page).toContain('1 of 3 rows (33.33 %) are out of bounds.');
    expect(page).not.toContain('eve@example.com');
  });

  it('nothing more once nobody reads it, as `| head -1` does not', async () => {
    const given = ['audit', '--data', 'orders.csv', '--suite', 'suite.json'];
    const child = spawn('node', [kindred, ...given], { cwd: folder });
    // Whoever reads is gone before the first line.
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, stderr]).toEqual([141, '']);
  });

  it('how to use it', async () => {
    const { stdout, code } = await audit('--help');
    expect(stdout).toMatch(/Exit code: 0; 1 where/);
    expect(stdout).toMatch(/kindred audit --data orders\.csv/);
    expect(code).toBe(0);
    const [example = ''] = /\{[\s\S]*?\n {2}\}\n/.exec(stdout) ?? [];
    await put('help.json', example);
    expect((await audit('--data', 'orders.csv', '--suite', 'help.json')).stdout).toMatch(
      /2 expectations/,
    );
  });

  it('that rows could not be read, and stops', async () => {
    await put('ragged.csv', `${separated(',')}o4,1\no5,2,x,y\n`);
    const { stdout, code } = await audit('--data', 'ragged.csv', '--suite', 'suite.json');
    expect(stdout).toMatch(/stop +readable +2 of 5 rows \(40 %\) have not as many columns/);
    expect(code).toBe(1);
    await put('broken.ndjson', `${ndjson}{"order_id":\n[1]\n`);
    const broken = await audit('--data', 'broken.ndjson', '--suite', 'suite.json');
    expect(broken.stdout).toMatch(/stop +readable +2 of 5 rows/);
  });
});

describe('kindred audit refuses, with the remedy and exit code 1,', () => {
  it.each<[what: string, args: string[], words: RegExp]>([
    [
      'a file that is not there',
      ['--data', 'no.csv', '--suite', 'suite.json'],
      /no\.csv is not there\.\nCheck the path/,
    ],
    [
      'a suite that is not there',
      ['--data', 'orders.csv', '--suite', 'no.json'],
      /Can't read the suite no\.json/,
    ],
    [
      'a suite that is no JSON',
      ['--data', 'orders.csv', '--suite', 'orders.csv'],
      /orders\.csv is not JSON/,
    ],
    ['no suite', ['--data', 'orders.csv'], /required option '--suite <file>'/],
    [
      'a reference that the suite has not',
      ['--data', 'orders.csv', '--suite', 'suite.json', '--reference', 'a=b'],
      /refers to no data set "a"/,
    ],
    [
      'a day that is none',
      ['--data', 'orders.csv', '--suite', 'suite.json', '--day', 'today'],
      /written as 2026-01-31/,
    ],
  ])('%s', async (_, args, words) => {
    const { code, stderr, stdout } = await audit(...args);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it.each<[what: string, name: string, contents: string | Uint8Array, words: RegExp]>([
    [
      'a file without a column of the suite',
      'lacking.csv',
      'order_id,total\no1,1\n',
      /has no column "email", which the suite declares\.\nIts columns are: order_id, total\./,
    ],
    [
      'a file that does not say what it is',
      'orders.xls',
      'x',
      /does not say what it is\.\nName it \.csv/,
    ],
    [
      'a damaged file',
      'cut.csv.gz',
      gzipSync(separated(',')).subarray(0, 40),
      /cut\.csv\.gz is truncated/,
    ],
    [
      'a file in Latin-1',
      'latin.csv',
      Buffer.from('order_id,total,email\no1,1,Jürgen\n', 'latin1'),
      /not UTF-8|readable/,
    ],
  ])('%s', async (_, name, contents, words) => {
    await put(name, contents);
    const { code, stderr, stdout } = await audit('--data', name, '--suite', 'suite.json');
    expect(stderr + stdout).toMatch(words);
    expect(code).toBe(1);
  });
});
