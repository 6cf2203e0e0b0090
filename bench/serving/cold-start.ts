import { environments } from '../../cdk/environments.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { atMost, type Check, shown } from '../check.ts';
import { coldStart } from '../cold-start.ts';
import { recommendationEvent, type ShopInCloud } from './cloud.ts';
import { madeUpModel } from './made-up-model.ts';

const ENTRY = 'lambdas/api/serve.ts';

/**
 * Size of the serving bundle, and import to first answer beside an empty handler's, which take turns. Budgets are
 * production's: its first answers don't wait for a model to be read.
 */
export async function benchColdStart(
  cloud: LocalCloud,
  shop: ShopInCloud,
  variables: Readonly<Record<string, string>>,
): Promise<Check[]> {
  const start = (firstModelMs: number) =>
    coldStart(ENTRY, recommendationEvent(1), cloud, {
      ...variables,
      FIRST_MODEL_MS: String(firstModelMs),
      CUSTOMER_READ_MS: String(environments.prod.serving.customerReadMs),
    });
  const { firstModelMs } = environments.prod.serving;
  const small = await start(firstModelMs);
  await shop.publish({ ...madeUpModel(), id: '2026-11-24T02:00:00Z-3f9a' });
  const large = await start(firstModelMs);
  const waited = await start(environments.dev.serving.firstModelMs);
  return [
    atMost('bundle of the serving function', small.bundleKb, 'KB', 500),
    shown('import of an empty handler to its answer', small.emptyMs, 'ms'),
    shown('import of the serving function', small.importMs, 'ms'),
    atMost(
      'import of the serving function to its first answer, 1,000 items',
      small.wholeMs,
      'ms',
      250,
    ),
    atMost('the same, 100,000 items', large.wholeMs, 'ms', 250),
    shown('the same, 100,000 items whose model is waited for', waited.wholeMs, 'ms'),
  ];
}
