import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { loadModel, writeModel } from '../../adapters/s3/model-store.ts';
import { withFact } from '../../core/catalogue/catalogue-entry.ts';
import type { ItemFields, ProductFact } from '../../core/catalogue/product-fact.ts';
import { storedFormOf } from '../../core/catalogue/stored-entry.ts';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { itemNamed } from '../training/training-data.ts';
import {
  board,
  boardOrders,
  fillStores,
  loadSteps,
  type TrainingSteps,
} from '../training/training-steps.ts';

let stores: TrainingStores;
let steps: TrainingSteps;

beforeAll(async () => {
  stores = await startStores();
  steps = await loadSteps();
});
afterAll(() => stores?.stop());
beforeEach(() => stores.objects.clear());

const pointer = () =>
  readPointer(readableTable({ client: stores.dynamoDb, table: 'config' }), { consistent: true });
const judged = async () =>
  steps.evaluate(await steps.train(await steps.check(await steps.snapshot({}))));

describe('a training run', () => {
  it('publishes a model that can be loaded, and then compares its successor with it', async () => {
    await fillStores(stores);
    const run = await judged();
    expect(run).toMatchObject({ promoted: true, pointerVersion: 0 });
    expect(run.candidate.all.ndcg).toBeGreaterThan(run.popularity.all.ndcg);
    expect(await pointer()).toBeUndefined();

    const published = await steps.publish(run);
    expect(await pointer()).toMatchObject({ current: published.modelId, version: 1 });
    const store = { client: stores.s3, bucket: 'models' };
    const loaded = await loadModel(store, published.modelId);
    expect(loaded).toMatchObject({ ok: true, model: { id: published.modelId } });
    for (const name of ['report.json', 'report.html', 'model-card.md']) {
      expect(stores.objects.has(`models/models/${published.modelId}/${name}`), name).toBe(true);
    }

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
    await fillStores(stores);
    const { snapshotId } = await steps.snapshot({});
    const manifest = stores.objects.get(`lake/snapshots/${snapshotId}/manifest.json`);
    const { facts } = JSON.parse(manifest?.toString() ?? '{}');
    expect(facts.interactions.purchase).toBe(board.interactions.items.length);
    expect(facts.dropped.duplicateMessage).toBe(1);
  });

  it('lists what is back in stock, cheaper or new beside the columns', async () => {
    await fillStores(stores);
    const DAY_MS = 86_400_000;
    const [{ itemId } = itemNamed('none')] = board.items;
    const said = (daysAgo: number, fields: ItemFields): ProductFact => ({
      itemId,
      source: 'feed',
      timeMs: Date.now() - daysAgo * DAY_MS,
      fields,
    });
    let entry = withFact(undefined, said(9, { title: 'Mug', price: 5, currency: 'GBP' }));
    entry = withFact(entry, said(8, { available: false }));
    entry = withFact(entry, said(1, { available: true, price: 4, currency: 'GBP' }));
    await stores.putItems([storedFormOf({ ...entry, version: 1 })]);
    const { snapshotId } = await steps.snapshot({});
    const changes = stores.objects.get(`lake/snapshots/${snapshotId}/changes.json`)?.toString();
    expect(JSON.parse(changes ?? '{}')).toMatchObject({
      backInStock: [{ itemId, outDays: 7 }],
      priceDrops: [{ itemId, previousPrice: 5, price: 4, isReduction: true }],
      newArrivals: [{ itemId }],
    });
  });

  it('reads on after a file that is cut off, and says so', async () => {
    await fillStores(stores);
    const key = 'lake/raw/day=2026-11-02/b.gz';
    stores.objects.set(key, stores.objects.get(key)?.subarray(0, -40) ?? Buffer.alloc(0));
    const { snapshotId } = await steps.snapshot({});
    const manifest = stores.objects.get(`lake/snapshots/${snapshotId}/manifest.json`);
    const { facts } = JSON.parse(manifest?.toString() ?? '{}');
    expect(facts.dropped.unreadableFile).toBe(1);
    expect(facts.interactions.purchase).toBeGreaterThan(board.interactions.items.length / 2);
    await expect(steps.check({ snapshotId })).rejects.toThrow('unreadable files: 1 of 2');
  });

  it('never overwrites a file of a model', async () => {
    const store = { client: stores.s3, bucket: 'models' };
    await writeModel(store, 'm-1', new Map([['report.json', Buffer.from('first')]]));
    await writeModel(store, 'm-1', new Map([['report.json', Buffer.from('second')]]));
    expect(stores.objects.get('models/models/m-1/report.json')?.toString()).toBe('first');
  });

  it('notices that a snapshot was changed after it was checked', async () => {
    await fillStores(stores);
    const run = await steps.check(await steps.snapshot({}));
    const key = `lake/snapshots/${run.snapshotId}/interactions.bin`;
    stores.objects.get(key)?.fill(0, 100, 104);
    await expect(steps.train(run)).rejects.toThrow('does not match its SHA-256');
  });
});

describe('data that cannot be trained on', () => {
  async function rejectionOf(events: Record<string, unknown>[]): Promise<Error> {
    const before = await pointer();
    await fillStores(stores, events);
    const error = await judged().catch((thrown: unknown) => thrown);
    expect(await pointer()).toEqual(before);
    if (!(error instanceof Error)) throw new Error('it was not rejected');
    return error;
  }

  it.each([
    ['an empty lake', () => [], 'interactions: 0'],
    [
      'one customer',
      () =>
        boardOrders().map((order) => ({ ...order, identities: [{ kind: 'userId', key: 'ann' }] })),
      'customers: 1',
    ],
    [
      'one item',
      () =>
        boardOrders().map((order, row) => ({
          ...order,
          properties: { order_id: `o-${row}`, products: [{ product_id: 'i1' }] },
        })),
      'items: 1',
    ],
    [
      'times in the future',
      // Of receipt, too: a client's clock alone is corrected by it.
      () =>
        boardOrders().map((order) => ({
          ...order,
          timestamp: '2099-01-01T00:00:00.000Z',
          receivedAt: '2099-01-01T00:00:00.000Z',
        })),
      'future times',
    ],
  ])('%s is rejected by name, and the pointer stays', async (_, events, reason) => {
    const error = await rejectionOf(events());
    expect(error.name).toBe('SnapshotRejected');
    expect(error.message).toContain(reason);
  });

  it('a held-out period that is too long is rejected with the remedy', async () => {
    await fillStores(stores);
    const run = await steps.snapshot({ holdoutDays: 30 });
    const error = await steps.train(run).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'SnapshotRejected',
      message: expect.stringContaining('ask for fewer with holdoutDays'),
    });
  });

  it('a catalogue whose prices are no numbers is rejected', async () => {
    await fillStores(stores);
    const items = board.items.map((item) => ({ ...itemNamed(item.itemId), price: 'NaN' }));
    await stores.putItems(items);
    await expect(judged()).rejects.toThrow('malformed items: 60 of 60');
  });
});
