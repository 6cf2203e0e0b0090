import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { loadModel } from '../../adapters/s3/model-store.ts';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { checkerboard, DAY_S, itemNamed, START_S } from '../training/training-data.ts';

interface Steps {
  readonly snapshot: typeof import('../../lambdas/recommend/snapshot.ts').handler;
  readonly check: typeof import('../../lambdas/recommend/check.ts').handler;
  readonly train: typeof import('../../lambdas/recommend/train.ts').handler;
  readonly evaluate: typeof import('../../lambdas/recommend/evaluate.ts').handler;
  readonly publish: typeof import('../../lambdas/recommend/publish.ts').handler;
}

let stores: TrainingStores;
let steps: Steps;
const nowS = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  stores = await startStores();
  // Imported only now: the functions read their environment when they are loaded.
  const [snapshot, check, train, evaluate, publish] = await Promise.all([
    import('../../lambdas/recommend/snapshot.ts'),
    import('../../lambdas/recommend/check.ts'),
    import('../../lambdas/recommend/train.ts'),
    import('../../lambdas/recommend/evaluate.ts'),
    import('../../lambdas/recommend/publish.ts'),
  ]);
  steps = {
    snapshot: snapshot.handler,
    check: check.handler,
    train: train.handler,
    evaluate: evaluate.handler,
    publish: publish.handler,
  };
});
afterAll(() => stores?.stop());
beforeEach(() => stores.objects.clear());

const DAYS = 40;
const board = checkerboard({ customers: 80, items: 60, days: DAYS, seed: 7 });

/** The checkerboard's purchases as the collector would have written them, ending now. */
function orders(): Record<string, unknown>[] {
  const { customers, items, timesS } = board.interactions;
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

async function fillStores(events = orders()): Promise<void> {
  const half = events.length >> 1;
  await stores.putItems(board.items.map((item) => ({ ...item })));
  await stores.putLake('2026-11-01', 'a', events.slice(0, half));
  await stores.putLake('2026-11-02', 'b', [...events.slice(half), events[0]]);
}

const pointer = () =>
  readPointer({ client: stores.dynamoDb, table: 'config' }, { consistent: true });
const judged = async () =>
  steps.evaluate(await steps.train(await steps.check(await steps.snapshot({}))));

describe('a training run', () => {
  it('publishes a model that can be loaded, and then compares its successor with it', async () => {
    await fillStores();
    const run = await judged();
    expect(run).toMatchObject({ promoted: true, pointerVersion: 0 });
    expect(run.candidate.all.ndcg).toBeGreaterThan(run.popularity.all.ndcg);
    expect(await pointer()).toBeUndefined();

    const published = await steps.publish(run);
    expect(await pointer()).toMatchObject({ current: published.modelId, version: 1 });
    const store = { client: stores.s3, bucket: 'models' };
    const loaded = await loadModel(store, published.modelId);
    expect(loaded).toMatchObject({ ok: true, model: { id: published.modelId } });
    expect(stores.objects.has(`models/models/${published.modelId}/report.json`)).toBe(true);

    // The same step again, as after a lost answer, changes nothing.
    const before = new Map(stores.objects);
    expect(await steps.publish(run)).toEqual(published);
    expect(stores.objects).toEqual(before);

    const successor = await judged();
    expect(successor).toMatchObject({ promoted: true, pointerVersion: 1 });
    await steps.publish(successor);
    expect(await pointer()).toMatchObject({
      current: successor.candidateId,
      previous: published.modelId,
      version: 2,
    });
    // The first run's publication comes too late: another model is current by now.
    await expect(steps.publish({ ...run, candidateId: 'late' })).rejects.toThrow('train again');
  });

  it('counts redelivered lines once', async () => {
    await fillStores();
    const { snapshotId } = await steps.snapshot({});
    const manifest = stores.objects.get(`lake/snapshots/${snapshotId}/manifest.json`);
    const { facts } = JSON.parse(manifest?.toString() ?? '{}');
    expect(facts.interactions.purchase).toBe(board.interactions.items.length);
    expect(facts.dropped.duplicateMessage).toBe(1);
  });

  it('reads on after a file that is cut off, and says so', async () => {
    await fillStores();
    const key = 'lake/raw/day=2026-11-02/b.gz';
    stores.objects.set(key, stores.objects.get(key)?.subarray(0, -40) ?? Buffer.alloc(0));
    const { snapshotId } = await steps.snapshot({});
    const manifest = stores.objects.get(`lake/snapshots/${snapshotId}/manifest.json`);
    const { facts } = JSON.parse(manifest?.toString() ?? '{}');
    expect(facts.dropped.unreadableFile).toBe(1);
    expect(facts.interactions.purchase).toBeGreaterThan(board.interactions.items.length / 2);
    await expect(steps.check({ snapshotId })).rejects.toThrow('unreadable files: 1 of 2');
  });

  it('notices that a snapshot was changed after it was checked', async () => {
    await fillStores();
    const run = await steps.check(await steps.snapshot({}));
    const key = `lake/snapshots/${run.snapshotId}/interactions.bin`;
    stores.objects.get(key)?.fill(0, 100, 104);
    await expect(steps.train(run)).rejects.toThrow('does not match its SHA-256');
  });
});

describe('data that cannot be trained on', () => {
  async function rejectionOf(events: Record<string, unknown>[]): Promise<Error> {
    const before = await pointer();
    await fillStores(events);
    const error = await judged().catch((thrown: unknown) => thrown);
    expect(await pointer()).toEqual(before);
    if (!(error instanceof Error)) throw new Error('it was not rejected');
    return error;
  }

  it.each([
    ['an empty lake', () => [], 'interactions: 0'],
    [
      'one customer',
      () => orders().map((order) => ({ ...order, identities: [{ kind: 'userId', key: 'ann' }] })),
      'customers: 1',
    ],
    [
      'one item',
      () =>
        orders().map((order, row) => ({
          ...order,
          properties: { order_id: `o-${row}`, products: [{ product_id: 'i1' }] },
        })),
      'items: 1',
    ],
    [
      'times in the future',
      () => orders().map((order) => ({ ...order, timestamp: '2099-01-01T00:00:00.000Z' })),
      'future times',
    ],
  ])('%s is rejected by name, and the pointer stays', async (_, events, reason) => {
    const error = await rejectionOf(events());
    expect(error.name).toBe('SnapshotRejected');
    expect(error.message).toContain(reason);
  });

  it('a held-out period that is too long is rejected with the remedy', async () => {
    await fillStores();
    const run = await steps.snapshot({ holdoutDays: 30 });
    const error = await steps.train(run).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'SnapshotRejected',
      message: expect.stringContaining('ask for fewer with holdoutDays'),
    });
  });

  it('a catalogue whose prices are no numbers is rejected', async () => {
    await fillStores();
    const items = board.items.map((item) => ({ ...itemNamed(item.itemId), price: 'NaN' }));
    await stores.putItems(items);
    await expect(judged()).rejects.toThrow('malformed items: 60 of 60');
  });
});
