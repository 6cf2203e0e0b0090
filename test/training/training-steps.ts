import type { TrainingStores } from './stores.ts';
import { checkerboard, DAY_S, START_S } from './training-data.ts';

export interface TrainingSteps {
  readonly exportProfiles: typeof import('../../lambdas/recommend/export-profiles.ts').handler;
  readonly snapshot: typeof import('../../lambdas/recommend/snapshot.ts').handler;
  readonly check: typeof import('../../lambdas/recommend/check.ts').handler;
  readonly train: typeof import('../../lambdas/recommend/train.ts').handler;
  readonly taskCandidate: typeof import('../../lambdas/recommend/task-candidate.ts').handler;
  readonly importModel: typeof import('../../lambdas/recommend/import-model.ts').handler;
  readonly evaluate: typeof import('../../lambdas/recommend/evaluate.ts').handler;
  readonly publish: typeof import('../../lambdas/recommend/publish.ts').handler;
  readonly retain: typeof import('../../lambdas/recommend/retain.ts').handler;
}

/** The handlers; imported only once the stores run, for they read their environment when loaded. */
export async function loadSteps(): Promise<TrainingSteps> {
  const [
    exportProfiles,
    snapshot,
    check,
    train,
    taskCandidate,
    importModel,
    evaluate,
    publish,
    retain,
  ] = await Promise.all([
    import('../../lambdas/recommend/export-profiles.ts'),
    import('../../lambdas/recommend/snapshot.ts'),
    import('../../lambdas/recommend/check.ts'),
    import('../../lambdas/recommend/train.ts'),
    import('../../lambdas/recommend/task-candidate.ts'),
    import('../../lambdas/recommend/import-model.ts'),
    import('../../lambdas/recommend/evaluate.ts'),
    import('../../lambdas/recommend/publish.ts'),
    import('../../lambdas/recommend/retain.ts'),
  ]);
  return {
    exportProfiles: exportProfiles.handler,
    snapshot: snapshot.handler,
    check: check.handler,
    train: train.handler,
    taskCandidate: taskCandidate.handler,
    importModel: importModel.handler,
    evaluate: evaluate.handler,
    publish: publish.handler,
    retain: retain.handler,
  };
}

const DAYS = 40;
export const board = checkerboard({ customers: 80, items: 60, days: DAYS, seed: 7 });

/** The checkerboard's purchases as the collector would have written them, ending now. */
export function boardOrders(): Record<string, unknown>[] {
  const { customers, items, timesS } = board.interactions;
  const nowS = Math.floor(Date.now() / 1000);
  const shiftS = nowS - (START_S + DAYS * DAY_S);
  return Array.from(customers, (customer, row) => ({
    schemaVersion: 1,
    messageId: `m-${row}`,
    type: 'track',
    event: 'Order Completed',
    identities: [{ kind: 'userId', key: `customer-${customer}` }],
    source: 'website',
    timestamp: new Date(((timesS[row] ?? 0) + shiftS) * 1000).toISOString(),
    receivedAt: new Date(nowS * 1000).toISOString(),
    properties: { order_id: `o-${row}`, products: [{ product_id: `i${items[row]}` }] },
  }));
}

/** Catalogue, and the events in two files, the first of them delivered twice. */
export async function fillStores(
  stores: TrainingStores,
  events: readonly Record<string, unknown>[] = boardOrders(),
): Promise<void> {
  const half = events.length >> 1;
  await stores.putItems(board.items.map((item) => ({ ...item })));
  await stores.putLake('2026-11-01', 'a', events.slice(0, half));
  await stores.putLake('2026-11-02', 'b', [...events.slice(half), ...events.slice(0, 1)]);
}
