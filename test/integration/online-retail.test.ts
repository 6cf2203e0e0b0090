import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type RowBatch, readRows } from '../../adapters/files/read-rows.ts';
import { localFile } from '../../adapters/files/stored-file.ts';
import { loadMapping } from '../../cli/import/load-mapping.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import { validateCall } from '../../core/events/validate-call.ts';
import { createCallBuilder } from '../../core/mapping/build-call.ts';
import { type RowGroup, RowGrouper } from '../../core/mapping/group-rows.ts';
import { createRowInterpreter } from '../../core/mapping/interpret-row.ts';
import type { Row } from '../../core/mapping/row.ts';

const root = join(import.meta.dirname, '..', '..');
const orders = join(root, '..', 'shared', 'data', 'online-retail', 'orders.csv.gz');
const isThere = existsSync(orders);
if (!isThere) console.log('skipped: ../shared/data/online-retail is not there');

interface Event {
  event: string;
  userId: string;
  properties: { order_id: string; total: number; products: { quantity: number; price: number }[] };
}

async function* rowsOf(batches: AsyncIterable<RowBatch>): AsyncGenerator<Row> {
  for await (const { rows } of batches) yield* rows;
}

/** The file through the mapping, without a collector. */
async function mapFile() {
  const { mapping } = await loadMapping(join(root, 'examples', 'online-retail.mapping.json'));
  const file = await localFile(orders);
  const interpret = createRowInterpreter(mapping);
  const grouper = new RowGrouper(mapping);
  const build = createCallBuilder(mapping);
  const result = {
    rows: 0,
    mapped: 0,
    setAside: 0,
    skipped: {} as Record<string, number>,
    calls: [] as string[],
  };
  const take = (groups: Iterable<RowGroup>) => {
    for (const group of groups) {
      if (group.refusedBecause !== undefined) result.setAside += group.rows.length;
      else {
        result.mapped += group.rows.length;
        result.calls.push(build(group) ?? '');
      }
    }
  };
  for await (const row of rowsOf(readRows(file, mapping))) {
    result.rows += 1;
    const interpreted = interpret(row);
    if (interpreted.kind === 'line' || interpreted.kind === 'refused')
      take(grouper.add(row, interpreted));
    else result.skipped[interpreted.reason] = (result.skipped[interpreted.reason] ?? 0) + 1;
  }
  take(grouper.finish());
  return result;
}

interface IndependentCount {
  orders: Map<string, Set<string>>;
  refunds: Map<string, Set<string>>;
  revenue: number;
}

/** The same from the text itself: customer, code, price and quantity taken by a pattern from the line's ends. */
async function countIndependently(): Promise<IndependentCount> {
  const count: IndependentCount = { orders: new Map(), refunds: new Map(), revenue: 0 };
  const lines = createInterface({ input: createReadStream(orders).pipe(createGunzip()) });
  for await (const line of lines) {
    const found = /^(C?)(\w+),(\d{5}[^,]*),.*,(-?\d+),\d{4}-[^,]+Z,(\d*\.?\d+),(\d+),[^,]+$/.exec(
      line,
    );
    if (found === null || Number(found[5]) <= 0) continue;
    const [, cancelled, invoice, , quantity, price, customer] = found;
    const book = cancelled === 'C' ? count.refunds : count.orders;
    book.set(customer!, (book.get(customer!) ?? new Set()).add(invoice!));
    if (cancelled !== 'C') count.revenue += Math.round(Number(quantity) * Number(price) * 100);
  }
  return count;
}

describe.skipIf(!isThere)('the orders of Online Retail', () => {
  it('are mapped to the line into valid events that agree with an independent count', async () => {
    const [mapped, counted] = await Promise.all([mapFile(), countIndependently()]);

    expect(mapped.rows).toBe(541_909);
    expect(mapped.skipped['no customer']).toBe(135_080);
    expect(mapped.setAside).toBe(0);
    const skipped = Object.values(mapped.skipped).reduce((sum, rows) => sum + rows, 0);
    expect(mapped.mapped + skipped).toBe(mapped.rows);

    const orderCounts = new Map<string, number>();
    const refundCounts = new Map<string, number>();
    let revenue = 0;
    let largestBytes = 0;
    const invalid: string[] = [];
    for (const call of mapped.calls) {
      largestBytes = Math.max(largestBytes, Buffer.byteLength(call));
      const event: Event = JSON.parse(call);
      const counts = event.event === 'Order Completed' ? orderCounts : refundCounts;
      counts.set(event.userId, (counts.get(event.userId) ?? 0) + 1);
      if (event.event === 'Order Completed') revenue += Math.round(event.properties.total * 100);
      const isValid = validateCall(event, { receivedAtMs: Date.now() }).kind === 'valid';
      const isPositive = event.properties.products.every(
        ({ quantity, price }) => quantity > 0 && price > 0,
      );
      if (!isValid || !isPositive) invalid.push(event.properties.order_id);
    }
    expect(invalid).toEqual([]);
    expect(largestBytes).toBeLessThan(IMPORT_CALL_BYTES_MAX);
    const sizes = (books: Map<string, Set<string>>) =>
      new Map([...books].map(([key, set]) => [key, set.size]));
    const sorted = (counts: Map<string, number>) => [...counts].sort();
    expect(sorted(orderCounts)).toEqual(sorted(sizes(counted.orders)));
    expect(sorted(refundCounts)).toEqual(sorted(sizes(counted.refunds)));
    expect(revenue).toBe(counted.revenue);
  });
});
