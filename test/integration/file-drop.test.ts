import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventIn } from '../support/event-in.ts';
import { FileImport, sumOfOutcomes } from '../support/file-import.ts';

const orders = {
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
  duplicateRows: 'drop',
  group: { by: ['order'], windowRows: 2 },
  events: [
    {
      event: 'Order Completed',
      userId: 'customer',
      timestamp: 'time',
      properties: {
        order_id: { field: 'order' },
        currency: 'EUR',
        total: { sum: 'price', decimals: 2 },
        products: { lines: { product_id: 'product', price: 'price' } },
      },
    },
  ],
};
const withFormat = (format: object) => ({ ...orders, format });
const HEADER = 'Order,Customer,Product,Price,Date\n';
const ROWS = [
  ['1', 'anna', 'mug', '2.5', '2026-01-01'],
  ['1', 'anna', 'cup', '1.5', '2026-01-01'],
  ['1', 'anna', 'cup', '1.5', '2026-01-01'],
  ['2', '', 'mug', '2.5', '2026-01-02'],
  ['3', 'bert', 'mug', 'broken', '2026-01-03'],
  ['3', 'bert', 'cup', '1.5', '2026-01-03'],
  ['4', 'dora', '', '2.5', '2026-01-05'],
  ['5', 'zoë', 'mug, blue', '2.5', '2026-01-06'],
];
const NAMES = HEADER.trim().split(',');
const quoted = (cell: string) => (cell.includes(',') ? `"${cell}"` : cell);
const CSV = HEADER + ROWS.map((row) => `${row.map(quoted).join(',')}\n`).join('');
const TSV = [NAMES, ...ROWS].map((row) => `${row.join('\t')}\n`).join('');
const JSONL = ROWS.map(
  (row) => `${JSON.stringify(Object.fromEntries(row.map((cell, at) => [NAMES[at], cell])))}\n`,
).join('');
const PARQUET = new Uint8Array(
  parquetWriteBuffer({
    columnData: NAMES.map((name, at) => ({
      name,
      data: ROWS.map((row) => row[at]!),
      type: 'STRING' as const,
    })),
    rowGroupSize: 3,
  }),
);
const EXPECTED = {
  status: 'done',
  rows: 8,
  outcomes: {
    accepted: 3,
    duplicate: 1,
    quarantined: {
      'price: not a number': 2,
      'properties.products[].product_id: expected a string, got nothing': 1,
    },
    skipped: { 'no customer': 1 },
  },
  events: { accepted: 2, duplicate: 0, quarantined: 1 },
};

let files: FileImport;
beforeAll(async () => {
  files = await FileImport.start();
});
afterAll(() => files.stop());
beforeEach(() => files.begin(orders));

describe('a dropped file', () => {
  it.each<[string, object, string | Uint8Array]>([
    ['CSV', { type: 'csv' }, CSV],
    ['CSV with a byte order mark', { type: 'csv' }, `\ufeff${CSV}`],
    ['CSV with Windows line ends', { type: 'csv' }, CSV.replaceAll('\n', '\r\n')],
    ['CSV in Latin-1', { type: 'csv', encoding: 'latin1' }, Buffer.from(CSV, 'latin1')],
    ['gzip CSV', { type: 'csv' }, gzipSync(CSV)],
    ['gzip CSV of two members', { type: 'csv' }, halves(CSV, gzipSync)],
    ['zstd CSV', { type: 'csv' }, zstdCompressSync(CSV)],
    ['zstd CSV of two frames', { type: 'csv' }, halves(CSV, zstdCompressSync)],
    ['TSV', { type: 'tsv' }, TSV],
    ['zstd TSV', { type: 'tsv' }, zstdCompressSync(TSV)],
    ['JSON Lines', { type: 'jsonl' }, JSONL],
    ['JSON Lines without a last line end', { type: 'jsonl' }, JSONL.trimEnd()],
    ['gzip JSON Lines', { type: 'jsonl' }, gzipSync(JSONL)],
    ['Parquet of several row groups', { type: 'parquet' }, PARQUET],
  ])('of %s becomes events, each row with one outcome', async (_, format, content) => {
    files.use(withFormat(format));
    const manifest = await files.drop('orders', content);
    expect(manifest).toMatchObject(EXPECTED);
    expect(files.events().map(({ properties }) => properties)).toMatchObject([
      { order_id: '1', total: 4, products: [{ product_id: 'mug' }, { product_id: 'cup' }] },
      { order_id: '5', products: [{ product_id: 'mug, blue' }] },
    ]);
    expect(files.events()[1]).toMatchObject({ source: 'shop', userId: 'zoë' });
    expect(files.quarantined).toHaveLength(1);
  });

  it('keeps the rows that can’t be converted where they can be repaired and dropped again', async () => {
    const { rejects } = await files.drop('orders.csv', CSV);
    expect(rejects).toEqual(['rejects/shop/orders.csv.rejects-00001.csv']);
    const text = await files.text(rejects[0]!);
    expect(text).toBe(`${HEADER}3,bert,mug,broken,2026-01-03\n3,bert,cup,1.5,2026-01-03\n`);
    const repaired = await files.drop('repaired.csv', text.replace('broken', '9'));
    expect(repaired).toMatchObject({ rows: 2, outcomes: { accepted: 2 }, rejects: [] });
  });

  it('keeps such rows of Parquet as JSON Lines', async () => {
    files.use(withFormat({ type: 'parquet' }));
    const { rejects } = await files.drop('orders.parquet', PARQUET);
    expect(rejects).toEqual(['rejects/shop/orders.parquet.rejects-00001.jsonl']);
    expect(JSON.parse((await files.text(rejects[0]!)).split('\n')[0]!)).toMatchObject({
      Order: '3',
      Price: 'broken',
    });
  });

  it('of a header alone is done, with no row', async () => {
    expect(await files.drop('orders.csv', HEADER)).toMatchObject({ status: 'done', rows: 0 });
  });
});

describe('a broken file sends nothing', () => {
  const many = HEADER + Array.from({ length: 3000 }, (_, at) => line(at)).join('');
  const damaged = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    const middle = Math.floor(copy.length / 2);
    copy.fill(0xff, middle, middle + 64);
    return copy;
  };
  it.each<[string, object, string | Uint8Array, RegExp]>([
    ['truncated gzip', { type: 'csv' }, gzipSync(many).subarray(0, 5000), /is truncated/],
    ['damaged gzip', { type: 'csv' }, damaged(gzipSync(many)), /is (damaged|truncated)/],
    ['truncated zstd', { type: 'csv' }, zstdCompressSync(many).subarray(0, 5000), /is truncated/],
    ['damaged zstd', { type: 'csv' }, damaged(zstdCompressSync(many)), /is damaged/],
    [
      'zstd with something behind it',
      { type: 'csv' },
      Buffer.concat([zstdCompressSync(many), Buffer.from('no frame')]),
      /is damaged/,
    ],
    ['truncated Parquet', { type: 'parquet' }, PARQUET.subarray(0, -10), /is damaged or truncated/],
    [
      'Parquet with damaged pages',
      { type: 'parquet' },
      damaged(Buffer.from(PARQUET)),
      /is damaged or truncated/,
    ],
    ['Parquet for a CSV mapping', { type: 'csv' }, PARQUET, /is a Parquet file/],
    ['CSV for a Parquet mapping', { type: 'parquet' }, CSV, /is not a Parquet file/],
    ['a wrong header', { type: 'csv' }, CSV.replace('Customer', 'Client'), /no column "Customer"/],
    ['a missing column in Parquet', { type: 'parquet' }, withoutPrice(), /no column "Price"/],
    [
      'an unclosed quote',
      { type: 'csv' },
      `${HEADER}"1,anna,mug,1,2026-01-01\n${'2,bert,mug,1,2026-01-01\n'.repeat(60_000)}`,
      /not well-formed/,
    ],
    ['binary junk', { type: 'csv' }, Buffer.from([0, 1, 2, 255, 254, 3]), /is not UTF-8/],
    ['Latin-1 that is said to be UTF-8', { type: 'csv' }, Buffer.from(CSV, 'latin1'), /not UTF-8/],
    ['an empty file', { type: 'csv' }, '', /is empty/],
    ['an empty Parquet', { type: 'parquet' }, 'PAR1', /is damaged or truncated/],
    ['JSON without lines', { type: 'jsonl' }, `[${'1,'.repeat(2_500_000)}1]`, /a line of more/],
  ])('%s', async (_, format, content, problem) => {
    files.use(withFormat(format));
    await expect(files.drop('orders', content)).rejects.toThrow(problem);
    expect(files.records).toEqual([]);
    expect(await files.keys('manifests/')).toEqual([]);
  });

  it('and its message holds nothing of its content', async () => {
    const error = await files.drop('orders', 'anna@example.com,x\n').catch((thrown) => thrown);
    expect(error.message).toContain('no column "Order"');
    expect(error.message).not.toContain('anna');
  });
});

describe('a file that comes again', () => {
  it('is done before: nothing is sent, and the manifest says when it came', async () => {
    await files.drop('orders.csv', CSV);
    const sent = files.records.length;
    const again = await files.drop('orders.csv', CSV);
    expect(files.records).toHaveLength(sent);
    expect(again).toMatchObject({ ...EXPECTED, droppedAgainAt: expect.any(String) });
  });

  it('under another name has only duplicates, but what was refused may be right now', async () => {
    await files.drop('orders.csv', CSV);
    const again = await files.drop('copy.csv', CSV.replace('dora,,', 'dora,jar,'));
    expect(again).toMatchObject({
      outcomes: { accepted: 1, duplicate: 4, skipped: { 'no customer': 1 } },
      events: { accepted: 1, duplicate: 2, quarantined: 0 },
    });
    expect(sumOfOutcomes(again)).toBe(again.rows);
  });

  it('with more rows brings only those', async () => {
    await files.drop('orders.csv', CSV);
    const grown = await files.drop('orders.csv', `${CSV}6,emil,mug,1,2026-01-07\n`);
    expect(grown).toMatchObject({ rows: 9, outcomes: { accepted: 1, duplicate: 4 } });
  });

  it('with a corrected mapping of the same id repairs what had failed', async () => {
    await files.drop('orders.csv', CSV);
    files.use({
      ...orders,
      fields: { ...orders.fields, price: { column: 'Price', type: 'string' } },
      events: [{ ...orders.events[0], properties: { order_id: { field: 'order' } } }],
    });
    const again = await files.drop('orders.csv', CSV);
    expect(again.outcomes).toMatchObject({ accepted: 3, duplicate: 4, quarantined: {} });
  });

  it('while it is replaced is left to its successor', async () => {
    await files.put('orders.csv', CSV);
    const run = await files.plan('drop/shop/orders.csv');
    if (run.kind !== 'import') throw new Error('nothing planned');
    await files.put('orders.csv', `${CSV}6,emil,mug,1,2026-01-07\n`);
    await expect(files.split(run)).rejects.toMatchObject({ name: 'FileReplacedError' });
  });
});

describe('a step that fails', () => {
  it('is repeated without another effect downstream', async () => {
    await files.put('orders.csv', CSV);
    const planned = await files.plan('drop/shop/orders.csv');
    if (planned.kind !== 'import') throw new Error('nothing planned');
    // The splitting is done twice, as after a crash just before its end.
    await files.split(planned);
    const run = await files.split(planned);
    await files.takeChunk(run, 1);
    const first = files.events().map(({ messageId }) => messageId);
    const manifest = await files.finish(run);
    expect(manifest).toMatchObject(EXPECTED);
    expect(files.events().map(({ messageId }) => messageId)).toEqual([...first, ...first]);
  });

  it('for want of the stream leaves no result, and the manifest can’t be written', async () => {
    await files.put('orders.csv', CSV);
    const planned = await files.plan('drop/shop/orders.csv');
    if (planned.kind !== 'import') throw new Error('nothing planned');
    const run = await files.split(planned);
    const stream = { put: () => Promise.reject(new Error('no stream')) };
    await expect(files.takeChunk(run, 1, { ...files.ports, stream })).rejects.toThrow('no stream');
    await expect(files.sumUp(run)).rejects.toThrow('is gone');
    expect(await files.finish(run)).toMatchObject(EXPECTED);
  });

  it('fails loudly when rows have gone', async () => {
    await files.put('orders.csv', CSV);
    const planned = await files.plan('drop/shop/orders.csv');
    if (planned.kind !== 'import') throw new Error('nothing planned');
    const run = await files.split(planned);
    await expect(files.finish({ ...run, chunkRows: run.chunkRows + 1 })).rejects.toMatchObject({
      name: 'RowsLostError',
    });
    const counts = { ...run.counts, rows: run.counts.rows + 1 };
    await expect(files.finish({ ...run, counts })).rejects.toMatchObject({ name: 'RowsLostError' });
  });
});

describe('what is no file to import', () => {
  it.each(['drop/shop/', 'drop/orders.csv', 'drop/No Source/orders.csv'])('%s', async (key) => {
    expect(await files.plan(key)).toMatchObject({ kind: 'nothing', why: 'no file' });
  });

  it('is what has gone meanwhile', async () => {
    expect(await files.plan('drop/shop/gone.csv')).toMatchObject({ why: 'replaced' });
  });

  it('is a file of a source that expects none, which is told beside it', async () => {
    files.mappings.clear();
    await files.put('orders.csv', CSV);
    await expect(files.plan('drop/shop/orders.csv')).rejects.toThrow('No files of a source "shop"');
    expect(await files.manifest('orders.csv')).toMatchObject({
      status: 'failed',
      problem: expect.stringContaining('kindred config put fileDrop shop'),
    });
  });

  it('is a file of a source that is switched off', async () => {
    files.sources.set('shop', { ...files.sources.get('shop')!, isEnabled: false });
    await files.put('orders.csv', CSV);
    await expect(files.plan('drop/shop/orders.csv')).rejects.toThrow('switched off');
  });
});

describe('a file that takes several steps', () => {
  it.each<[string, object, (text: string) => string | Uint8Array]>([
    ['plain', { type: 'csv' }, (text) => text],
    ['gzip', { type: 'csv' }, (text) => gzipSync(text)],
    ['zstd', { type: 'csv' }, (text) => zstdCompressSync(text)],
    ['JSON Lines', { type: 'jsonl' }, (text) => toJsonLines(text)],
  ])('of %s has the events of one that takes one', async (_, format, pack) => {
    const content = pack(HEADER + Array.from({ length: 2600 }, (__, at) => line(at)).join(''));
    files.use(withFormat(format));
    const whole = await files.drop('whole', content);
    const expected = files.records.map((record) => eventIn(record).messageId);
    await files.begin(withFormat(format));
    files.stepRowsMax = 500;
    const stepped = await files.drop('stepped', content);
    expect(files.steps).toBeGreaterThan(4);
    expect(stepped.outcomes).toEqual(whole.outcomes);
    expect(files.records.map((record) => eventIn(record).messageId)).toEqual(expected);
  });
});

/** Three rows an order, every seventh of them unreadable and every fifth customer unknown. */
function line(at: number): string {
  const order = Math.floor(at / 3);
  const customer = order % 5 === 0 ? '' : `customer-${order % 40}`;
  const price = at % 7 === 0 ? 'x' : at % 11;
  return `${order},${customer},"product ${at % 13}\nof ${order}",${price},2026-01-01\n`;
}

function toJsonLines(csv: string): string {
  return csv
    .slice(HEADER.length)
    .replaceAll(/"([^"]*)\n([^"]*)"/g, '$1 $2')
    .trimEnd()
    .split('\n')
    .map((row) => {
      const cells = row.split(',');
      return `${JSON.stringify(Object.fromEntries(cells.map((cell, at) => [NAMES[at], cell])))}\n`;
    })
    .join('');
}

function halves(text: string, pack: (bytes: Buffer) => Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([pack(bytes.subarray(0, 90)), pack(bytes.subarray(90))]);
}

function withoutPrice(): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'Order', data: ['1'], type: 'STRING' },
        { name: 'Customer', data: ['anna'], type: 'STRING' },
        { name: 'Product', data: ['mug'], type: 'STRING' },
      ],
    }),
  );
}
