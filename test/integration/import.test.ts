import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImportOptions, runImport } from '../../cli/import/run-import.ts';
import { createMemoryCollector, serveCollector, WRITE_KEY } from '../support/collector.ts';

const mapping = {
  id: 'orders',
  format: { type: 'csv' },
  fields: {
    order: { column: 'Order', type: 'string' },
    customer: { column: 'Customer', type: 'string' },
    product: { column: 'Product', type: 'string' },
    price: { column: 'Price', type: 'number' },
    time: { column: 'Date', type: 'date', format: 'iso' },
  },
  skip: [{ reason: 'no customer', when: [{ field: 'customer', isEmpty: true }] }],
  group: { by: ['order'] },
  events: [
    {
      event: 'Order Completed',
      userId: 'customer',
      timestamp: 'time',
      properties: {
        order_id: { field: 'order' },
        total: { sum: 'price', decimals: 2 },
        products: { lines: { product_id: 'product', price: 'price' } },
      },
    },
  ],
};
const HEADER = 'Order,Customer,Product,Price,Date\n';
const CSV = `${HEADER}1,anna,mug,2.5,2026-01-01
1,anna,cup,1.5,2026-01-01
2,,mug,2.5,2026-01-02
3,bert,mug,broken,2026-01-03
3,bert,cup,1.5,2026-01-03
4,carl,,1.5,2026-01-04
5,dora,mug,2.5,2026-01-05,surplus
6,emil,"a ""big"" mug, blue",2.5,2026-01-06
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const optionsFor = async (
  collector: string,
  content: string | Buffer,
  document: object = mapping,
  name = 'orders.csv',
): Promise<ImportOptions> => ({
  collector,
  writeKey: WRITE_KEY,
  file: await write(name, content),
  mapping: await write('mapping.json', JSON.stringify(document)),
  stateFolder: join(folder, 'state'),
});

describe('an import', () => {
  it('gives every row one outcome and writes the manifest', async () => {
    const collector = createMemoryCollector();
    const server = await serveCollector(collector);
    const report = await runImport(await optionsFor(server.url, CSV));
    await server.close();
    expect(report).toMatchObject({
      rows: 8,
      outcomes: {
        accepted: 3,
        duplicate: 0,
        quarantined: {
          'price: not a number': 2,
          'wrong number of columns': 1,
          'properties.products[].product_id: expected a string, got nothing': 1,
        },
        skipped: { 'no customer': 1 },
      },
      events: { accepted: 2, duplicate: 0, quarantined: 1 },
    });
    expect(JSON.parse(await readFile(report.manifest, 'utf8'))).toEqual(report);
    expect(collector.events().map((event) => event.properties)).toMatchObject([
      { order_id: '1', total: 4, products: [{ product_id: 'mug' }, { product_id: 'cup' }] },
      { order_id: '6', products: [{ product_id: 'a "big" mug, blue' }] },
    ]);
    expect(collector.events()[0]?.timestamp).toBe('2026-01-01T00:00:00.000Z');
    expect(collector.quarantined).toHaveLength(1);
  });

  it('keeps rows it can’t convert in a file that can be repaired and imported', async () => {
    const collector = createMemoryCollector();
    const server = await serveCollector(collector);
    const first = await runImport(await optionsFor(server.url, CSV, mapping, 'orders.csv.gz'));
    expect(first.rejects).toBe(join(folder, 'state', 'orders.rejects.csv'));
    const rejects = await readFile(first.rejects ?? '', 'utf8');
    expect(rejects.startsWith(HEADER)).toBe(true);
    const repaired = rejects.replace('broken', '9').replace(',surplus', '');
    const second = await runImport(await optionsFor(server.url, repaired, mapping, 'repaired.csv'));
    await server.close();
    expect(second).toMatchObject({ rows: 3, outcomes: { accepted: 3 } });
    expect(collector.events().map((event) => event.properties?.order_id)).toEqual([
      '1',
      '6',
      '3',
      '5',
    ]);
  });

  it('run again reports its rows as duplicate and sends nothing; --restart sends them with the same ids', async () => {
    const collector = createMemoryCollector();
    const server = await serveCollector(collector);
    const options = await optionsFor(server.url, CSV.split('\n').slice(0, 4).join('\n'));
    await runImport(options);
    const again = await runImport(options);
    expect(again).toMatchObject({
      outcomes: { accepted: 0, duplicate: 2, skipped: { 'no customer': 1 } },
    });
    expect(again.finishedBefore).toBeDefined();
    expect(server.requestCount()).toBe(1);
    await runImport({ ...options, restart: true });
    await server.close();
    const ids = collector.events().map((event) => event.messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it.each([
    ['gzip', (text: string) => gzipSync(text), { type: 'csv' }, (line: string[]) => line.join(',')],
    [
      'tab-separated',
      (text: string) => Buffer.from(text),
      { type: 'tsv' },
      (line: string[]) => line.join('\t'),
    ],
    [
      'semicolons and a byte order mark',
      (text: string) => Buffer.from(`\ufeff${text}`),
      { type: 'csv', delimiter: ';' },
      (line: string[]) => line.join(';'),
    ],
    [
      'Latin-1',
      (text: string) => Buffer.from(text, 'latin1'),
      { type: 'csv', encoding: 'latin1' },
      (line: string[]) => line.join(','),
    ],
  ])('reads %s', async (_, encode, format, join) => {
    const collector = createMemoryCollector();
    const server = await serveCollector(collector);
    const lines = [HEADER.trim().split(','), ['1', 'zoë', 'mug', '2.5', '2026-01-01']];
    const content = encode(`${lines.map(join).join('\r\n')}\r\n`);
    const report = await runImport(await optionsFor(server.url, content, { ...mapping, format }));
    await server.close();
    expect(report).toMatchObject({ rows: 1, outcomes: { accepted: 1 } });
    expect(collector.events()[0]?.userId).toBe('zoë');
  });

  it('reads JSON lines and sets broken ones aside', async () => {
    const collector = createMemoryCollector();
    const server = await serveCollector(collector);
    const line = { Order: 1, Customer: 'anna', Product: 'mug', Price: 2.5, Date: '2026-01-01' };
    const content = gzipSync(`${JSON.stringify(line)}\n\n{"Order":\n[1]\n`);
    const report = await runImport(
      await optionsFor(server.url, content, { ...mapping, format: { type: 'jsonl' } }),
    );
    await server.close();
    expect(report).toMatchObject({
      rows: 3,
      outcomes: { accepted: 1, quarantined: { 'not a JSON object': 2 } },
    });
    expect(await readFile(report.rejects ?? '', 'utf8')).toBe('{"Order":\n[1]\n');
  });
});

describe('a collector in trouble', () => {
  const orders = (count: number): string =>
    HEADER +
    Array.from({ length: count }, (_, index) => `${index},c${index},mug,1,2026-01-01\n`).join('');

  it('is asked again when it asks for patience, and every event arrives', async () => {
    const collector = createMemoryCollector();
    const busy = { statusCode: 503, headers: { 'Retry-After': '0.01' }, body: '{}' };
    const server = await serveCollector(collector, (count) => (count % 2 === 1 ? busy : undefined));
    const report = await runImport(await optionsFor(server.url, orders(2_000)));
    await server.close();
    expect(report.outcomes.accepted).toBe(2_000);
    expect(new Set(collector.events().map((event) => event.messageId)).size).toBe(2_000);
  });

  it('does not lose what it acknowledged before an interruption, and the next run goes on from there', async () => {
    const collector = createMemoryCollector();
    const stop = new AbortController();
    const server = await serveCollector(collector, (count) => {
      if (count === 3) stop.abort();
      return undefined;
    });
    const options = await optionsFor(server.url, orders(20_000));
    await expect(runImport({ ...options, signal: stop.signal })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('interrupted'),
      remedy: expect.stringContaining('Run the same command again'),
    });
    const before = collector.records.length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(20_000);
    const report = await runImport(options);
    await server.close();
    expect(report.outcomes).toMatchObject({ accepted: 20_000, duplicate: 0 });
    expect(collector.records).toHaveLength(20_000);
  });
});

describe('a mistake is explained with its remedy', () => {
  const failure = async (options: ImportOptions): Promise<string> => {
    const error: unknown = await runImport(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'UserError' });
    return error instanceof Error && 'remedy' in error ? `${error.message} ${error.remedy}` : '';
  };
  const whole = gzipSync(CSV);

  it.each<[string, string | Buffer, object, string]>([
    ['a truncated gzip', whole.subarray(0, whole.length - 12), mapping, 'truncated'],
    [
      'a damaged gzip',
      Buffer.concat([whole.subarray(0, 12), Buffer.alloc(80, 7)]),
      mapping,
      'damaged',
    ],
    ['an empty file', '', mapping, 'is empty'],
    [
      'a file that is not UTF-8',
      Buffer.from(`${HEADER}1,zo\u00eb`, 'latin1'),
      mapping,
      'not UTF-8',
    ],
    ['an unclosed quote', `${HEADER}1,"anna\n2,bert\n`, mapping, 'quote not closed'],
    [
      'a column that is not there',
      'Order,Client\n1,anna\n',
      mapping,
      'no column "Customer", which the mapping names. Its columns are: Order, Client',
    ],
  ])('%s stops the import before anything is sent', async (_, content, document, message) => {
    const server = await serveCollector(createMemoryCollector());
    expect(await failure(await optionsFor(server.url, content, document))).toContain(message);
    expect(server.requestCount()).toBe(0);
    await server.close();
  });

  it('a missing file, a folder, a missing mapping, a wrong time zone', async () => {
    const options = await optionsFor('http://127.0.0.1:1', CSV);
    expect(await failure({ ...options, file: join(folder, 'none.csv') })).toContain(
      'There is no file',
    );
    expect(await failure({ ...options, file: folder })).toContain('is a folder');
    expect(await failure({ ...options, mapping: join(folder, 'none.json') })).toContain(
      '--mapping',
    );
    const fields = {
      ...mapping.fields,
      time: { column: 'Date', type: 'date', format: 'iso', zone: 'Mars/Base' },
    };
    expect(
      await failure(await optionsFor('http://127.0.0.1:1', CSV, { ...mapping, fields })),
    ).toContain('unknown time zone');
  });

  it('a refused port', async () => {
    const server = await serveCollector(createMemoryCollector());
    await server.close();
    expect(await failure(await optionsFor(server.url, CSV))).toMatch(
      /Can't reach the collector .*ECONNREFUSED.*npm start/,
    );
  });

  it('a wrong write key', async () => {
    const server = await serveCollector(createMemoryCollector());
    const options = await optionsFor(server.url, CSV);
    expect(await failure({ ...options, writeKey: 'wrong' })).toContain('--write-key');
    await server.close();
  });

  it('an address where something else answers', async () => {
    const other = createServer((_, response) => response.writeHead(200).end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await failure(await optionsFor(`http://127.0.0.1:${port}`, CSV))).toContain(
      'not including, /v1',
    );
    other.close();
  });

  it('a state folder that can’t be written', async () => {
    const server = await serveCollector(createMemoryCollector());
    const options = await optionsFor(server.url, CSV);
    expect(await failure({ ...options, stateFolder: options.file })).toContain('--state');
    await server.close();
  });
});
