import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditReport } from '../../../core/quality/audit-report.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const orders = join(root, '..', 'shared', 'data', 'online-retail', 'orders.csv.gz');
const isThere = existsSync(orders);
if (!isThere) console.log('skipped: ../shared/data/online-retail is not there');

interface Line {
  InvoiceNo: string;
  StockCode: string;
  Description: string;
  Quantity: string;
  InvoiceDate: string;
  UnitPrice: string;
  CustomerID: string;
  Country: string;
}

/** The same questions in plain TypeScript over the file's text: neither DuckDB nor the suite has a part in it. */
async function countIndependently() {
  const counts = {
    lines: 0,
    withoutCustomer: 0,
    cancelled: 0,
    strangeInvoice: 0,
    priceNotPositive: 0,
    quantityNotPositive: 0,
    quantityNotPositiveUncancelled: 0,
    notProduct: 0,
    withoutDescription: 0,
    repeated: 0,
    lastDay: '',
    linesByDay: new Map<string, number>(),
  };
  const seen = new Set<string>();
  const descriptions = new Map<string, Set<string>>();
  const rows = createReadStream(orders)
    .pipe(createGunzip())
    .pipe(parse({ columns: true }));
  for await (const row of rows as AsyncIterable<Line>) {
    const { InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID } = row;
    counts.lines += 1;
    if (CustomerID === '') counts.withoutCustomer += 1;
    const isCancelled = InvoiceNo[0] === 'C';
    if (isCancelled) counts.cancelled += 1;
    if (!/^C?[0-9]{6}$/.test(InvoiceNo)) counts.strangeInvoice += 1;
    if (!(Number(UnitPrice) > 0)) counts.priceNotPositive += 1;
    if (!(Number(Quantity) > 0)) {
      counts.quantityNotPositive += 1;
      if (!isCancelled) counts.quantityNotPositiveUncancelled += 1;
    }
    if (!/^[0-9]{5}/.test(StockCode)) counts.notProduct += 1;
    if (Description === '') counts.withoutDescription += 1;
    else descriptions.set(StockCode, (descriptions.get(StockCode) ?? new Set()).add(Description));
    const whole = JSON.stringify(Object.values(row));
    if (seen.has(whole)) counts.repeated += 1;
    seen.add(whole);
    const day = InvoiceDate.slice(0, 10);
    counts.linesByDay.set(day, (counts.linesByDay.get(day) ?? 0) + 1);
    if (day > counts.lastDay) counts.lastDay = day;
  }
  const codes = [...descriptions.values()];
  return {
    ...counts,
    codes: codes.length,
    codesOfSeveral: codes.filter((texts) => texts.size > 1).length,
  };
}

describe.skipIf(!isThere)('the shipped suite on Online Retail', () => {
  let folder: string;
  let report: ReturnType<typeof auditReport.parse>;
  let page: string;
  let independent: Awaited<ReturnType<typeof countIndependently>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-online-retail-'));
    const html = join(folder, 'report.html');
    const { stdout } = await run(
      'npx',
      [
        ...['kindred', 'audit', '--data', orders, '--suite', 'examples/online-retail.suite.json'],
        ...['--html', html, '--json'],
      ],
      { cwd: root, maxBuffer: 64 * 1024 * 1024 },
    );
    report = auditReport.parse(JSON.parse(stdout));
    page = await readFile(html, 'utf8');
    independent = await countIndependently();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function found(id: string) {
    const result = report.results.find((one) => one.id === id);
    return { checked: result?.checkedCount, unexpected: result?.unexpectedCount };
  }

  it('finds by itself what an independent count finds, to the row', () => {
    const { lines } = independent;
    const of = (unexpected: number, checked = lines) => ({ checked, unexpected });
    expect(found('customer-present')).toEqual(of(independent.withoutCustomer));
    expect(found('invoice-not-cancelled')).toEqual(of(independent.cancelled));
    expect(found('invoice-form')).toEqual(of(independent.strangeInvoice));
    expect(found('price-positive')).toEqual(of(independent.priceNotPositive));
    expect(found('quantity-positive')).toEqual(of(independent.quantityNotPositive));
    expect(found('quantity-positive-unless-cancelled')).toEqual(
      of(independent.quantityNotPositiveUncancelled, lines - independent.cancelled),
    );
    expect(found('code-is-product')).toEqual(of(independent.notProduct));
    expect(found('description-present')).toEqual(of(independent.withoutDescription));
    expect(found('one-description-per-code')).toEqual(
      of(independent.codesOfSeveral, independent.codes),
    );
    expect(found('no-duplicate-lines')).toEqual(of(independent.repeated));
    expect(report).toMatchObject({ rowCount: lines, unreadableCount: 0, verdict: 'quarantine' });
  });

  it('finds what is known of this data', () => {
    expect(found('customer-present').unexpected).toBe(135_080);
    expect(found('invoice-not-cancelled').unexpected).toBe(9_288);
  });

  it('counts every day of the file, up to the last', () => {
    const [series] = report.results.find(({ id }) => id === 'lines-a-day')?.series ?? [];
    expect(report.day).toBe(independent.lastDay);
    for (const { day, value } of series?.points ?? []) {
      expect([day, value]).toEqual([day, independent.linesByDay.get(day) ?? 0]);
    }
    expect(series?.points.length).toBeGreaterThan(100);
  });

  it('writes a page with the counts, the queries and no address of the outside', () => {
    expect(page).toContain(independent.withoutCustomer.toLocaleString('en-GB'));
    expect(page).toContain('FROM &quot;orders&quot;');
    expect(page).not.toMatch(/(src|href)="(?!#)|url\(|@import|<script/);
  });
});
