import { describe, expect, it } from 'vitest';
import { createCallBuilder } from '../../core/mapping/build-call.ts';
import { type RowGroup, RowGrouper, TOO_LATE } from '../../core/mapping/group-rows.ts';
import { createRowInterpreter } from '../../core/mapping/interpret-row.ts';
import { columnsOf, type Mapping, parseMapping } from '../../core/mapping/mapping.ts';
import { createDateReader } from '../../core/mapping/read-date.ts';
import type { Row } from '../../core/mapping/row.ts';

const document = (overrides: object = {}): Mapping =>
  parseMapping(
    JSON.stringify({
      id: 'orders',
      format: { type: 'csv' },
      fields: {
        order: { column: 'Order', type: 'string' },
        customer: { column: 'Customer', type: 'string' },
        price: { column: 'Price', type: 'number' },
        quantity: { column: 'Quantity', type: 'integer', absolute: true },
        amount: { multiply: ['price', 'quantity'] },
        time: { column: 'Date', type: 'date', format: 'dd/MM/yyyy HH:mm', zone: 'Europe/London' },
      },
      skip: [{ reason: 'no customer', when: [{ field: 'customer', isEmpty: true }] }],
      group: { by: ['order'], windowRows: 1 },
      events: [
        {
          event: 'Order Completed',
          userId: 'customer',
          timestamp: 'time',
          properties: {
            order_id: { field: 'order' },
            total: { sum: 'amount', decimals: 2 },
            products: { lines: { price: 'price', quantity: 'quantity' } },
          },
        },
      ],
      ...overrides,
    }),
    'mapping.json',
  );

let number = 0;
const row = (
  order: string,
  customer = 'c',
  price = '1.1',
  quantity = '3',
  date = '01/07/2026 12:00',
): Row => {
  number += 1;
  const cells = [order, customer, price, quantity, date];
  return { number, cells, raw: cells };
};

interface Result {
  groups: RowGroup[];
  skipped: string[];
}

const run = (mapping: Mapping, rows: readonly Row[]): Result => {
  const interpret = createRowInterpreter(mapping);
  const grouper = new RowGrouper(mapping);
  const result: Result = { groups: [], skipped: [] };
  for (const one of rows) {
    const interpreted = interpret(one);
    if (interpreted.kind === 'skipped') result.skipped.push(interpreted.reason);
    else result.groups.push(...grouper.add(one, interpreted));
  }
  result.groups.push(...grouper.finish());
  return result;
};

describe('a mapping document', () => {
  it.each([
    [{ colour: 1 }, 'colour'],
    [{ fields: { a: { column: 'A', type: 'money' } } }, 'fields'],
    [
      { skip: [{ reason: 'x', when: [{ field: 'order', matches: '(' }] }] },
      'not a regular expression',
    ],
    [{ group: { by: ['nothing'] } }, 'a field "nothing" that it doesn\'t define'],
    [{ events: [{ timestamp: 'time', properties: { a: { field: 'ghost' } } }] }, '"ghost"'],
    [{ duplicateRows: 'drop', group: undefined }, 'within a group'],
  ])('with %j is refused', (overrides, message) => {
    expect(() => document(overrides)).toThrow(message);
  });

  it('that is no JSON is refused with its place', () => {
    expect(() => parseMapping('{"id": }', 'm.json')).toThrow(/m\.json is not JSON/);
  });

  it('says which columns it reads', () => {
    expect(columnsOf(document())).toEqual(['Order', 'Customer', 'Price', 'Quantity', 'Date']);
  });
});

describe('rows', () => {
  it('of one order become one event, also with another order’s row between them', () => {
    const { groups } = run(document(), [row('1'), row('2'), row('1')]);
    expect(groups.map((group) => [group.key, group.rows.length])).toEqual([
      ['2', 1],
      ['1', 2],
    ]);
    const call = JSON.parse(
      createCallBuilder(document())(groups.find((group) => group.key === '1')!)!,
    );
    expect(call).toEqual({
      messageId: expect.stringMatching(/^import-[\w-]{22}$/),
      type: 'track',
      event: 'Order Completed',
      userId: 'c',
      timestamp: '2026-07-01T11:00:00.000Z',
      properties: {
        order_id: '1',
        total: 6.6,
        products: [
          { price: 1.1, quantity: 3 },
          { price: 1.1, quantity: 3 },
        ],
      },
    });
  });

  it('that come after their order was closed are set aside, not sent as a second order', () => {
    const { groups } = run(document(), [row('1'), row('2'), row('3'), row('1')]);
    expect(groups.filter((group) => group.refusedBecause === TOO_LATE)).toHaveLength(1);
  });

  it('of an order with one unreadable row are set aside together', () => {
    const { groups } = run(document(), [row('1'), row('1', 'c', '1,1'), row('1'), row('2')]);
    expect(groups.map((group) => [group.rows.length, group.refusedBecause])).toEqual([
      [3, 'price: not a number'],
      [1, undefined],
    ]);
  });

  it('are skipped by the first rule that applies, before their cells need to be readable', () => {
    expect(run(document(), [row('1', '', 'junk')]).skipped).toEqual(['no customer']);
  });

  it('that a rule can’t judge are set aside under the reason', () => {
    const mapping = document({ skip: [{ reason: 'free', when: [{ field: 'price', atMost: 0 }] }] });
    expect(run(mapping, [row('1', 'c', 'junk')]).groups[0]?.refusedBecause).toBe(
      'price: not a number',
    );
  });

  it.each([
    ['', 'price: empty'],
    ['1.2.3', 'price: not a number'],
    ['0x10', 'price: not a number'],
    ['Infinity', 'price: not a number'],
  ])('with the price %j are set aside', (price, reason) => {
    expect(run(document(), [row('1', 'c', price)]).groups[0]?.refusedBecause).toBe(reason);
  });

  it('that are equal within an order are dropped and counted when the mapping says so', () => {
    const rows = [row('1'), row('1'), row('1', 'c', '2')];
    const drop = run(document({ duplicateRows: 'drop' }), rows).groups[0];
    expect([drop?.rows.length, drop?.duplicateRowCount]).toEqual([2, 1]);
    expect(run(document(), rows).groups[0]?.rows).toHaveLength(3);
  });

  it('without a grouping are an event each', () => {
    const { groups } = run(document({ group: undefined }), [row('1'), row('1')]);
    const build = createCallBuilder(document({ group: undefined }));
    const ids = groups.map((group) => JSON.parse(build(group)!).messageId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('dates of exports', () => {
  it.each([
    ['iso', 'UTC', '2026-03-01T10:00:00+02:00', '2026-03-01T08:00:00.000Z'],
    ['iso', 'UTC', '2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['iso', 'Europe/Berlin', '2026-07-01 10:00', '2026-07-01T08:00:00.000Z'],
    ['epoch-s', 'UTC', '1763888400', '2025-11-23T09:00:00.000Z'],
    ['epoch-ms', 'UTC', '1763888400000', '2025-11-23T09:00:00.000Z'],
    ['dd.MM.yyyy', '+01:00', '1.7.2026', '2026-06-30T23:00:00.000Z'],
    ['MM/dd/yyyy HH:mm:ss', 'America/New_York', '12/31/2026 23:59:59', '2027-01-01T04:59:59.000Z'],
    ['yyyyMMdd', 'UTC', '20260701', '2026-07-01T00:00:00.000Z'],
  ])('%s in %s: %s', (format, zone, text, expected) => {
    expect(new Date(createDateReader(format, zone)(text)!).toISOString()).toBe(expected);
  });

  it.each([
    ['iso', '2026-02-30T00:00:00Z'],
    ['iso', 'soon'],
    ['dd/MM/yyyy', '31/04/2026'],
    ['dd/MM/yyyy', '12/31/2026'],
    ['dd/MM/yyyy', '2026-07-01'],
    ['HH:mm', '24:00'],
    ['epoch-s', '-5'],
  ])('%s refuses %s', (format, text) => {
    expect(createDateReader(format, 'UTC')(text)).toBeUndefined();
  });
});
