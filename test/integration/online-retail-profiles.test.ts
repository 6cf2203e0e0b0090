import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runImport } from '../../cli/import/run-import.ts';
import { ORDERS } from '../../examples/online-retail-orders.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const isHere = existsSync(ORDERS);
if (!isHere) console.log('real orders in profiles: skipped, ../shared/data is not here');

/** Every fifth customer's purchases, counted from the raw text, without any of the importer's code. */
async function countInvoices(): Promise<
  Map<string, { orders: Set<string>; refunds: Set<string> }>
> {
  const counts = new Map<string, { orders: Set<string>; refunds: Set<string> }>();
  const lines = createInterface({ input: createReadStream(ORDERS).pipe(createGunzip()) });
  const row =
    /^(C?\d+),(\w+),(?:"(?:[^"]|"")*"|[^",]*),(-?\d+),[^,]*,(-?[\d.]+),(\d+)(?:\.0)?,[^,]*$/u;
  for await (const line of lines) {
    const [, invoice = '', code = '', quantity, price, customer = ''] = row.exec(line) ?? [];
    const isProduct = /^\d{5}/u.test(code) && Number(price) > 0;
    if (customer === '' || !isProduct || Number(customer) % 5 !== 0) continue;
    const counted = counts.get(customer) ?? { orders: new Set(), refunds: new Set() };
    counts.set(customer, counted);
    if (invoice.startsWith('C')) counted.refunds.add(invoice);
    else if (Number(quantity) > 0) counted.orders.add(invoice);
  }
  return counts;
}

describe.skipIf(!isHere)('541,909 real order lines, from the file to the profiles', () => {
  let test: TestCloud;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kindred-orders-'));
    test = await startTestCloud();
  });
  afterAll(async () => {
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('every customer has as many orders and refunds as the file has invoices', async () => {
    const { collector, writeKey } = test.cloud.connection;
    const report = await runImport({
      collector,
      writeKey,
      file: ORDERS,
      mapping: 'examples/online-retail.mapping.json',
      stateFolder: folder,
    });
    const { accepted, duplicate, quarantined, skipped } = report.outcomes;
    const leaves = [...Object.values(quarantined), ...Object.values(skipped)];
    expect(leaves.reduce((sum, count) => sum + count, accepted + duplicate)).toBe(541_909);
    // Reading every profile is dear: first the metrics say when it is worth it.
    await eventually(
      'every event worked off',
      () => test.measurements.workedOff(),
      (count) => count >= report.events.accepted,
      200_000,
    );
    await eventually(
      'every event in a profile',
      () => test.measurements.profileEvents(),
      (count) => count === report.events.accepted,
      200_000,
    );
    const invoices = await countInvoices();
    expect(invoices.size).toBeGreaterThan(800);
    for (const [customer, { orders, refunds }] of invoices) {
      const found = await test.profileOf(customer);
      expect(found?.orders, `customer ${customer}`).toMatchObject({
        count: orders.size,
        refundCount: refunds.size,
      });
    }
  }, 280_000);
});
