import type { LocalCloud } from '../../local/cloud.ts';
import { atMost, type Check, shown } from '../check.ts';
import { coldStart } from '../cold-start.ts';
import { requestOf } from './collector-in-memory.ts';
import { realisticBatch } from './realistic-batch.ts';

/** Size of the collector's bundle, and import to first answer beside an empty handler's. */
export async function benchColdStart(
  cloud: LocalCloud,
  variables: Readonly<Record<string, string>>,
): Promise<Check[]> {
  const start = await coldStart('lambdas/ingest/collect.ts', eventFor(cloud), cloud, variables);
  return [
    atMost('collector bundle', start.bundleKb, 'KB', 500),
    shown('import of an empty handler to its answer', start.emptyMs, 'ms'),
    shown('import of the collector', start.importMs, 'ms'),
    atMost('import of the collector to its first answer', start.wholeMs, 'ms', 250),
  ];
}

function eventFor({ connection }: LocalCloud): object {
  const event = requestOf(Buffer.from(JSON.stringify(realisticBatch(0))));
  const Authorization = `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`;
  return { ...event, headers: { ...event.headers, Authorization } };
}
