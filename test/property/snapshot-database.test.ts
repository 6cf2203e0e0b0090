import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { SnapshotDatabase } from '../../adapters/duckdb/snapshot-database.ts';
import { deedsOf, firstPlaceOf } from '../../core/training/day-deeds.ts';
import type { Interactions } from '../../core/training/interactions.ts';
import { SnapshotBuilder } from '../../core/training/snapshot-builder.ts';
import { itemNamed } from '../training/training-data.ts';

vi.setConfig({ testTimeout: 120_000 });

const CREATED_AT = new Date('2026-11-23T00:00:00Z');
const items = ['42', 'mug', 'plate'].map(itemNamed);

const identity = fc.oneof(
  fc.record({ kind: fc.constant('userId'), key: fc.constantFrom('ann', 'bob', 'it"s') }),
  fc.record({ kind: fc.constant('anonymousId'), key: fc.constantFrom('x', 'y', 'z') }),
);
const product = fc.constantFrom('mug', 'plate', '42', 'unheard-of', null);
const said = fc.record({
  messageId: fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `m-${index}`)),
  identities: fc.uniqueArray(identity, {
    minLength: 1,
    maxLength: 3,
    selector: ({ kind }) => kind,
  }),
  timestamp: fc.constantFrom(
    '2026-11-20T10:00:00.000Z',
    '2026-11-20T10:00:00.500Z',
    '2026-11-21T09:00:00.000Z',
    '2026-11-25T09:00:00.000Z',
    '1969-07-20T20:17:40.000Z',
  ),
  what: fc.oneof(
    fc.record({
      event: fc.constantFrom('Product Viewed', 'Product Added', 'Product Removed'),
      properties: fc.record({ product_id: product }),
    }),
    fc.record({
      event: fc.constantFrom('Order Completed', 'Order Refunded', 'Order Cancelled'),
      properties: fc.record(
        {
          order_id: fc.constantFrom('o-1', 'o-2', 'o-3'),
          products: fc.array(fc.record({ product_id: product }), { maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({
      event: fc.constant('Preferences Updated'),
      properties: fc.record({ consent: fc.boolean() }),
    }),
  ),
  isBot: fc.boolean(),
});
const day = fc.array(
  fc.oneof({ weight: 12, arbitrary: said }, { weight: 1, arbitrary: fc.constant('{cut') }),
  {
    maxLength: 14,
  },
);

function lineOf(one: typeof said extends fc.Arbitrary<infer Said> ? Said | string : never): string {
  if (typeof one === 'string') return one;
  const { what, isBot, ...event } = one;
  return JSON.stringify({
    schemaVersion: 1,
    type: 'track',
    source: 'website',
    receivedAt: event.timestamp,
    ...event,
    ...what,
    ...(isBot && { context: { kindred: { bot: 'user-agent' } } }),
  });
}

/** Rows as sorted texts, each customer called by all that they did: numbers may differ. */
function meaningOf({ customers, items: columns, kinds, timesS }: Interactions): string[] {
  const byCustomer = new Map<number, string[]>();
  for (const [row, customer] of customers.entries()) {
    const deed = `${timesS[row]} ${columns[row]} ${kinds[row]}`;
    byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), deed]);
  }
  return [...byCustomer.values()].map((deeds) => deeds.sort().join(', ')).sort();
}

async function madeOf(days: readonly (readonly string[])[]) {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-snapshot-'));
  const database = await SnapshotDatabase.open({
    memoryMb: 512,
    threads: 1,
    folder,
    folderMb: 512,
  });
  try {
    const files: string[] = [];
    for (const [index, lines] of days.entries()) {
      const first = firstPlaceOf(`2026-11-2${index}`);
      const rows = lines.flatMap((line, number) => deedsOf(line, first + number) ?? []);
      const ndjson = join(folder, `${index}.ndjson`);
      await writeFile(ndjson, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const parquet = join(folder, `${index}.parquet`);
      await database.writeDay(ndjson, parquet, { lines: String(lines.length) });
      expect((await database.about(parquet)).get('lines')).toBe(String(lines.length));
      files.push(parquet);
    }
    const latestMs = CREATED_AT.getTime() + 3_600_000;
    const itemIds = items.map(({ itemId }) => itemId);
    const made = await database.make({ files, profiles: [], folder, itemIds, latestMs });
    await database.writeParquet(join(folder, 'interactions.parquet'), join(folder, 'p.parquet'));
    return made;
  } finally {
    database.close();
    await rm(folder, { recursive: true });
  }
}

describe('the queries of a snapshot', () => {
  it('say what its builder says, whatever comes, on whichever days', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(day, { maxLength: 3 }), async (days) => {
        const lines = days.map((one) => one.map(lineOf));
        const builder = new SnapshotBuilder({ items, malformedItems: 0, createdAt: CREATED_AT });
        for (const line of lines.flat()) builder.addLine(line);
        const built = builder.finish();
        const made = await madeOf(lines);
        expect(meaningOf(made.interactions)).toEqual(meaningOf(built.interactions));
        expect(made.interactions.customerCount).toBe(built.interactions.customerCount);
        expect(made.interactions.timesS).toEqual(made.interactions.timesS.toSorted());
        const { malformedLine, unreadableFile: _, ...dropped } = built.facts.dropped;
        expect(made.figures.dropped).toEqual(dropped);
        expect(made.figures.events).toBe(lines.flat().length - malformedLine);
        const { newestReceivedMs } = made.figures;
        expect(newestReceivedMs && new Date(newestReceivedMs).toISOString()).toBe(
          built.facts.newestReceived,
        );
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
