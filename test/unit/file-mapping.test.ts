import { describe, expect, it } from 'vitest';
import {
  fileDropDocument,
  manifestKey,
  mappingConfig,
  rejectsKey,
  sourceOfKey,
} from '../../core/mapping/file-drop.ts';
import { createRowInterpreter } from '../../core/mapping/interpret-row.ts';
import { columnsOf, parseMapping } from '../../core/mapping/mapping.ts';
import { MARK_BYTES, MessageMarks, marksOf } from '../../core/mapping/message-marks.ts';

const document = (fields: object, more: object = {}) => ({
  id: 'people',
  format: { type: 'csv' },
  fields: { time: { constant: '2026-01-01' }, ...fields },
  events: [{ type: 'identify', timestamp: 'time' }],
  ...more,
});

/** What a row of these cells becomes. */
function interpreted(fields: object, cells: Readonly<Record<string, string>>) {
  const mapping = parseMapping(JSON.stringify(document(fields)), 'm.json');
  const row = columnsOf(mapping).map((column) => cells[column] ?? '');
  return createRowInterpreter(mapping)({ number: 1, cells: row, raw: row });
}

describe('a field of true or false', () => {
  const field = { news: { column: 'News', type: 'boolean', optional: true } };
  it.each([
    ['Yes', true],
    ['1', true],
    [' FALSE ', false],
    ['n', false],
    ['', undefined],
  ])('reads %j', (text, value) => {
    expect(interpreted(field, { News: text })).toMatchObject({ fields: { news: value } });
  });

  it('reads the words that the mapping names, and no others', () => {
    const words = { news: { column: 'News', type: 'boolean', true: ['ja'], false: ['nein'] } };
    expect(interpreted(words, { News: 'Ja' })).toMatchObject({ fields: { news: true } });
    expect(interpreted(words, { News: 'yes' })).toMatchObject({
      kind: 'refused',
      reason: 'news: neither true nor false',
    });
    expect(interpreted(words, { News: '' })).toMatchObject({ reason: 'news: empty' });
  });
});

describe('a price and a period in one cell', () => {
  const fields = {
    amount: { column: 'Price', type: 'amount', optional: true },
    currency: { column: 'Price', type: 'currency', optional: true },
  };
  it.each([
    ['12.50 GBP', { amount: 12.5, currency: 'GBP' }],
    ['gbp 12', { amount: 12, currency: 'GBP' }],
    ['0.99', { amount: 0.99, currency: undefined }],
    ['', { amount: undefined, currency: undefined }],
  ])('reads %j', (Price, read) => {
    expect(interpreted(fields, { Price }).kind).toBe('line');
    expect(interpreted(fields, { Price })).toMatchObject({ fields: read });
  });

  it.each(['-1 GBP', '12,50 EUR', '1.000.00', 'free', '1e3 GBP'])('refuses %j', (Price) => {
    expect(interpreted(fields, { Price })).toMatchObject({
      kind: 'refused',
      reason: 'amount: not a price such as 12.50 GBP',
    });
  });

  const period = { sale: { column: 'Sale', type: 'interval', optional: true } };
  it('reads two times as times of UTC', () => {
    const Sale = '2026-11-23T09:00+0100/2026-11-30T23:59-08:00';
    expect(interpreted(period, { Sale })).toMatchObject({
      fields: { sale: '2026-11-23T08:00:00.000Z/2026-12-01T07:59:00.000Z' },
    });
  });
  it.each(['2026-11-23', '2026-11-23/soon', '2026-11-23/2026-11-24/2026-11-25'])(
    'refuses %j',
    (Sale) => {
      expect(interpreted(period, { Sale })).toMatchObject({ kind: 'refused' });
    },
  );
});

describe('the first of several fields', () => {
  const fields = {
    group: { column: 'Group', type: 'string' },
    id: { column: 'Id', type: 'string' },
    product: { firstOf: ['group', 'id'] },
  };
  it.each([
    [{ Group: 'g', Id: 'i' }, 'g'],
    [{ Group: '', Id: 'i' }, 'i'],
    [{ Group: '', Id: '' }, undefined],
  ])('of %j is %j', (cells, product) => {
    expect(interpreted(fields, cells)).toMatchObject({ fields: { product } });
  });
});

describe('a mapping', () => {
  it.each([
    ['neither events nor items', { events: [] }],
    ['both', { items: { itemId: 'time' } }],
    ['an item’s field that it does not define', { events: [], items: { itemId: 'sku' } }],
  ])('is refused with %s', (_, more) => {
    expect(() => parseMapping(JSON.stringify(document({}, more)), 'm.json')).toThrow();
  });
});

describe('a field that is looked up', () => {
  const table = { values: { A: 1, B: 'two', C: true, D: null } };
  const fields = (more: object = {}) => ({
    code: { column: 'Code', type: 'string' },
    value: { lookup: 'code', ...table, ...more },
  });
  it.each([
    ['A', 1],
    ['B', 'two'],
    ['C', true],
    ['D', undefined],
    ['', undefined],
  ])('of %j', (code, value) => {
    expect(interpreted(fields(), { Code: code })).toMatchObject({
      kind: 'line',
      fields: { value },
    });
  });

  it('of a value that the table doesn’t have is its default, or refused', () => {
    expect(interpreted(fields({ default: 0 }), { Code: 'Z' })).toMatchObject({
      fields: { value: 0 },
    });
    expect(interpreted(fields(), { Code: 'Z' })).toMatchObject({
      kind: 'refused',
      reason: 'value: not in its table',
    });
  });

  it('of a key that is also a property of every object is not found', () => {
    expect(interpreted(fields(), { Code: 'constructor' })).toMatchObject({ kind: 'refused' });
  });

  it('must name a field that is there', () => {
    expect(() =>
      parseMapping(JSON.stringify(document({ a: { lookup: 'ghost', values: {} } })), 'm.json'),
    ).toThrow('"ghost"');
  });
});

describe('a factor', () => {
  it.each([
    ['1999', 0.01, 19.99],
    ['-250', 0.001, -0.25],
    ['2.5', 1000, 2500],
  ])('makes of %s times %d %d', (text, multiplyBy, value) => {
    const fields = { price: { column: 'Price', type: 'number', multiplyBy } };
    expect(interpreted(fields, { Price: text })).toMatchObject({ fields: { price: value } });
  });
});

describe('the configuration of dropped files', () => {
  it('keeps a mapping as text, in which fields have an order, and reads it back', () => {
    const mapping = mappingConfig.parse(document({ b: { constant: 1 }, a: { constant: 2 } }));
    const stored = mappingConfig.parse({ text: JSON.stringify(mapping) });
    expect(stored).toEqual(mapping);
    expect(Object.keys(stored.fields)).toEqual(['time', 'b', 'a']);
  });

  it('refuses what is no mapping, as text too', () => {
    expect(mappingConfig.safeParse({ text: '{' }).success).toBe(false);
    expect(mappingConfig.safeParse({ text: '{"id":"x"}' }).success).toBe(false);
    expect(fileDropDocument.safeParse({ mapping: 'x' }).success).toBe(false);
  });

  it('finds the source in a key, and none where there is no file of one', () => {
    expect(sourceOfKey('drop/crm/2026/people.csv')).toBe('crm');
    expect(
      ['drop/crm/', 'drop/crm', 'drop/crm/2026/', 'work/crm/a', 'drop/A/a'].map(sourceOfKey),
    ).toEqual(Array(5).fill(undefined));
    expect(manifestKey('drop/crm/a/b.csv')).toBe('manifests/crm/a/b.csv.manifest.json');
    expect(rejectsKey('drop/crm/b.csv', 2, 'csv')).toBe('rejects/crm/b.csv.rejects-00002.csv');
  });
});

describe('the marks of events', () => {
  const idOf = (number: number) =>
    `import-${Buffer.from(String(number * 2_654_435_761).padStart(16, 'x')).toString('base64url')}`;

  it('tell the ids that were marked from those that were not', () => {
    const ids = Array.from({ length: 5_000 }, (_, number) => idOf(number));
    const bytes = marksOf(ids.slice(0, 2_500));
    expect(bytes).toHaveLength(2_500 * MARK_BYTES);
    const marks = new MessageMarks(2_500);
    marks.addAll(bytes);
    expect(ids.map((id) => marks.has(id))).toEqual(ids.map((_, at) => at < 2_500));
  });

  it('of nothing hold nothing', () => {
    expect(new MessageMarks(0).has(idOf(1))).toBe(false);
  });

  it('of a digest that begins with zeros are held like any other', () => {
    const marks = new MessageMarks(1);
    const zero = `import-${'A'.repeat(22)}`;
    expect(marks.has(zero)).toBe(false);
    marks.addAll(marksOf([zero]));
    expect(marks.has(zero)).toBe(true);
  });
});
