import { collectRequest } from '../../lambdas/ingest/collect-request.ts';
import { collectorInMemory, requestOf } from './collector-in-memory.ts';
import { BATCH_EVENTS, realisticBatch } from './realistic-batch.ts';

/**
 * A million events through the collector, each batch another: prints the heap in use, in megabytes,
 * after a tenth of them and after all. Run with `--expose-gc`.
 */
const EVENTS = 1_000_000;

const collector = collectorInMemory();
const heaps: number[] = [];
for (let batch = 0; batch * BATCH_EVENTS < EVENTS; batch += 1) {
  const request = requestOf(Buffer.from(JSON.stringify(realisticBatch(batch))));
  await collectRequest(request, collector, Number.MAX_SAFE_INTEGER);
  const events = (batch + 1) * BATCH_EVENTS;
  if (events === EVENTS / 10 || events === EVENTS) heaps.push(heapMb());
}
console.log(JSON.stringify(heaps));

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}
