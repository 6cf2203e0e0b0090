import { mappingConfig } from '../../core/mapping/file-drop.ts';
import type { ImportRun } from '../../lambdas/ingest/import-run.ts';
import { splitFile } from '../../lambdas/ingest/split-file.ts';
import { generatedFile, zstdPacked } from './generated-file.ts';

/** Order lines into orders, as a shop's mapping would say it. */
const mapping = mappingConfig.parse({
  id: 'generated',
  format: { type: 'csv' },
  fields: {
    order: { column: 'Order', type: 'string' },
    customer: { column: 'Customer', type: 'string' },
    product: { column: 'Product', type: 'string' },
    quantity: { column: 'Quantity', type: 'integer' },
    price: { column: 'Price', type: 'number' },
    amount: { multiply: ['price', 'quantity'] },
    time: { column: 'Date', type: 'date', format: 'yyyy-MM-dd', zone: 'UTC' },
  },
  skip: [{ reason: 'no customer', when: [{ field: 'customer', isEmpty: true }] }],
  group: { by: ['order'], windowRows: 0 },
  events: [
    {
      event: 'Order Completed',
      userId: 'customer',
      timestamp: 'time',
      properties: {
        order_id: { field: 'order' },
        currency: 'EUR',
        total: { sum: 'amount', decimals: 2 },
        products: { lines: { product_id: 'product', quantity: 'quantity', price: 'price' } },
      },
    },
  ],
});

const [megabytes = '1000', packing = 'plain'] = process.argv.slice(2);
const plain = generatedFile(Number(megabytes));
const file = packing === 'zstd' ? zstdPacked(plain) : plain;
const run: ImportRun = {
  kind: 'import',
  runId: 'bench',
  bucket: 'none',
  key: 'drop/shop/generated.csv',
  etag: '',
  bytes: file.bytes,
  droppedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  source: { sourceId: 'shop', priority: 100, schemaMode: 'lenient' },
  mappingId: mapping.id,
  mappingVersion: '',
  isSplit: false,
  counts: { rows: 0, accepted: 0, duplicate: 0, quarantined: {}, skipped: {} },
  duplicateEvents: 0,
  chunkCount: 0,
  chunkRows: 0,
  rejectsCount: 0,
  isLedgerWhole: true,
};
let chunkBytes = 0;
const startMs = performance.now();
const { run: done } = await splitFile(
  run,
  {
    file,
    mapping,
    taken: { has: () => false },
    progress: undefined,
    put: async (_key, body) => {
      chunkBytes += Buffer.byteLength(body);
    },
    nowMs: () => 0,
  },
  0,
);
const seconds = (performance.now() - startMs) / 1000;
console.log(
  JSON.stringify({
    rows: done.counts.rows,
    seconds,
    rowsPerSecond: done.counts.rows / seconds,
    megabytesPerSecond: plain.bytes / 1e6 / seconds,
    chunks: done.chunkCount,
    chunkMegabytes: chunkBytes / 1e6,
    // Kilobytes, as getrusage says it.
    peakMemoryMegabytes: process.resourceUsage().maxRSS / 1000,
  }),
);
