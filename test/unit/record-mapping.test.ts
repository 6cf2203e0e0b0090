import { describe, expect, it } from 'vitest';
import { type Conversion, converted } from '../../core/mapping/conversion.ts';
import { mapRecord, type RecordMapping, valueAtPath } from '../../core/mapping/record-mapping.ts';

const mapping = (fields: RecordMapping['fields']): RecordMapping => ({
  id: 'vendor/record',
  title: 'Vendor: record',
  source: 'https://vendor.example/docs',
  call: { type: 'track', event: 'Order Completed' },
  fields,
});

describe('a mapping', () => {
  it('copies the first place that says something, converted, and adds constants', () => {
    const rules = mapping([
      { from: ['id', 'email'], to: 'userId', as: 'text' },
      { from: 'created', to: 'timestamp', as: 'epoch-seconds' },
      { value: 'vendor', to: 'properties.via' },
    ]);
    expect(mapRecord(rules, { id: 7, email: 'x', created: 0 })).toEqual({
      type: 'track',
      event: 'Order Completed',
      userId: '7',
      timestamp: '1970-01-01T00:00:00.000Z',
      properties: { via: 'vendor' },
    });
    for (const id of ['', null, undefined]) {
      expect(mapRecord(rules, { id, email: 'x' }).userId).toBe('x');
    }
  });

  it('leaves out what isn’t there, and copies what it can’t convert, for validation to refuse', () => {
    const rules = mapping([
      { from: 'a.b', to: 'properties.b' },
      { from: 'total', to: 'properties.total', as: 'number' },
    ]);
    expect(mapRecord(rules, { a: 'text', total: 'twelve' }).properties).toEqual({
      total: 'twelve',
    });
    for (const record of [null, 'text', 7, []]) {
      expect(mapRecord(rules, record)).toEqual({ type: 'track', event: 'Order Completed' });
    }
  });

  it('maps lists entry by entry, each at its own place', () => {
    const rules = mapping([
      { from: 'lines[].sku', to: 'properties.products[].sku' },
      { from: 'lines[].price', to: 'properties.products[].price', as: 'minor-units' },
    ]);
    const lines = [{ sku: 'a', price: 1250 }, { price: 99 }, 'nonsense', { sku: 'd' }];
    expect(mapRecord(rules, { lines }).properties).toEqual({
      products: [{ sku: 'a', price: 12.5 }, { price: 0.99 }, {}, { sku: 'd' }],
    });
    expect(mapRecord(rules, { lines: 'nonsense' }).properties).toBeUndefined();
  });

  it('takes of several places in a list the first that says something, entry by entry', () => {
    const rules = mapping([
      { from: ['lines[].product.id', 'lines[].sku'], to: 'properties.products[].product_id' },
    ]);
    const lines = [{ product: { id: 'p' }, sku: 'a' }, { product: null, sku: 'b' }, {}];
    expect(mapRecord(rules, { lines }).properties).toEqual({
      products: [{ product_id: 'p' }, { product_id: 'b' }, {}],
    });
  });

  it('puts a prefix before what is there, and nothing where nothing is', () => {
    const rules = mapping([{ from: 'id', to: 'anonymousId', prefix: 'crm-' }]);
    expect(mapRecord(rules, { id: 7 }).anonymousId).toBe('crm-7');
    expect(mapRecord(rules, {})).not.toHaveProperty('anonymousId');
  });

  it('changes nothing of the record or of itself', () => {
    const rules = Object.freeze(mapping([{ from: 'a', to: 'properties.a.b' }]));
    const record = Object.freeze({ a: Object.freeze({ c: 1 }) });
    expect(mapRecord(rules, record).properties).toEqual({ a: { b: { c: 1 } } });
    expect(mapRecord(rules, record)).toEqual(mapRecord(rules, record));
  });
});

describe('a path', () => {
  const record = JSON.parse('{"list":[{"a":1}],"__proto__":{"b":2},"n":null}');

  it.each<[string, unknown]>([
    ['list.0.a', 1],
    ['list.1.a', undefined],
    ['list.length', undefined],
    ['constructor.name', undefined],
    ['toString', undefined],
    ['__proto__.b', 2],
    ['n.a', undefined],
  ])('%s leads to data alone', (path, value) => {
    expect(valueAtPath(record, path)).toBe(value);
  });
});

describe('a conversion', () => {
  it.each<[Conversion, unknown, unknown]>([
    ['text', 7, '7'],
    ['text', true, 'true'],
    ['text', { a: 1 }, { a: 1 }],
    ['number', '12.50', 12.5],
    ['number', '-3', -3],
    ['number', '1e3', '1e3'],
    ['number', '0x10', '0x10'],
    ['number', '1,5', '1,5'],
    ['boolean', 'TRUE', true],
    ['boolean', 0, false],
    ['boolean', '0', false],
    ['boolean', 'yes', 'yes'],
    ['epoch-seconds', 1_762_360_434.5, '2025-11-05T16:33:54.500Z'],
    ['epoch-seconds', '1762360434', '2025-11-05T16:33:54.000Z'],
    ['epoch-seconds', -1, -1],
    ['epoch-seconds', 1e20, 1e20],
    ['epoch-milliseconds', 1_762_360_434_000, '2025-11-05T16:33:54.000Z'],
    ['lower-case', 'GBP', 'gbp'],
    ['lower-case', 7, 7],
    ['minor-units', 1999, 19.99],
    ['minor-units', '250', 2.5],
    ['minor-units', 'free', 'free'],
    ['negated', 'true', false],
    ['negated', false, true],
    ['negated', 'perhaps', 'perhaps'],
    ['subscription', 'SUBSCRIBED', true],
    ['subscription', 'NOT_SUBSCRIBED', false],
    ['subscription', 'PENDING', false],
    ['subscription', 7, 7],
  ])('by %s makes of %o %o', (conversion, value, result) => {
    expect(converted(value, conversion)).toEqual(result);
  });

  it('that isn’t asked for changes nothing', () => {
    expect(converted('x', undefined)).toBe('x');
  });
});
