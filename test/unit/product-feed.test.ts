import { describe, expect, it } from 'vitest';
import { applyFacts, type CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import { type ProductFact, productFactOf } from '../../core/catalogue/product-fact.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { writeFacts } from '../../lambdas/enrich/write-facts.ts';
import { takeProductsBy } from '../../lambdas/ingest/take-products.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';

const onDay = (day: number) => Date.UTC(2026, 0, day);

function fact(source: ProductFact['source'], day: number, fields: ProductFact['fields']) {
  return { itemId: 'mug', source, timeMs: onDay(day), fields };
}
const fed = (day: number, fields: ProductFact['fields']) => fact('feed', day, fields);
const seen = (day: number, fields: ProductFact['fields']) => fact('page', day, fields);

/** What the catalogue says after each fact came by itself. */
function entryAfter(...facts: ProductFact[]): CatalogueEntry | undefined {
  let entry: CatalogueEntry | undefined;
  for (const each of facts) entry = applyFacts(entry, [each]) ?? entry;
  return entry;
}

describe('a product of a feed', () => {
  it('is the catalogue’s, whatever pages and orders said or say of it', () => {
    const entry = entryAfter(
      seen(5, { title: 'Mug | My shop', price: 6, category: 'Kitchen' }),
      fed(2, { title: 'Mug', price: 5 }),
      seen(9, { title: 'Mug in sale', price: 4, brand: 'Clay' }),
      fact('order', 300, { price: 3 }),
    );
    expect(entry).toMatchObject({ title: 'Mug', price: 5, source: 'feed' });
    // What the feed doesn't say is still learnt from pages.
    expect(entry).toMatchObject({ category: 'Kitchen', brand: 'Clay' });
  });

  it('is never set back by an older version of itself, in any order of arrival', () => {
    const versions = [fed(1, { price: 1 }), fed(2, { price: 2 }), fed(3, { price: 2 })];
    const [first, second, third] = versions;
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const orders = [
      [first, second, third],
      [third, second, first],
      [second, third, first],
      [third, first, second],
    ];
    for (const order of orders) {
      expect(entryAfter(...order)).toMatchObject({ price: 2, updatedAtMs: onDay(3) });
    }
    // The unchanged third version counts, too: what lies between it and the second is older.
    expect(entryAfter(second, third, fed(2.5, { price: 9 }))).toMatchObject({ price: 2 });
  });

  it('that is no longer sold is not available', () => {
    const entry = entryAfter(fed(1, { available: true }), fed(2, { available: false }));
    expect(entry?.available).toBe(false);
  });

  it('costs no write when it is read again unchanged', async () => {
    const store = new MemoryCatalogueStore();
    const page = [fed(1, { title: 'Mug' }), { ...fed(1, { title: 'Vase' }), itemId: 'vase' }];
    for (let run = 0; run < 3; run += 1) await takeProductsBy(store, () => undefined)(page);
    expect([store.writeCount, store.entries.size]).toEqual([2, 2]);
  });

  it('survives another writer in between', async () => {
    const store = new MemoryCatalogueStore();
    const stale = new EntryCache();
    await writeFacts(store, stale, [fed(1, { title: 'Mug' })]);
    await writeFacts(store, new EntryCache(), [seen(2, { brand: 'Clay' })]);
    await writeFacts(store, stale, [fed(3, { title: 'Big mug' })]);
    expect(store.entries.get('mug')).toMatchObject({ title: 'Big mug', brand: 'Clay', version: 3 });
  });

  it('holds its page up while the catalogue can’t be written', async () => {
    const store = new MemoryCatalogueStore();
    store.writeEntry = async () => {
      throw new Error('down');
    };
    const taken = takeProductsBy(store, () => undefined)([fed(1, { title: 'Mug' })]);
    await expect(taken).rejects.toThrow(/next run/);
  });

  it('is told of where what is stored has an unknown form', async () => {
    const store = new MemoryCatalogueStore();
    const unreadable = {
      readEntries: async () => new Map([['mug', 'unreadable' as const]]),
      writeEntry: async () => 'conflict' as const,
    };
    let itemCount = 0;
    await takeProductsBy(unreadable, (count) => {
      itemCount += count;
    })([fed(1, { title: 'Mug' })]);
    expect([itemCount, store.writeCount]).toEqual([1, 0]);
  });

  it('needs an id and a time of its own', () => {
    const product = { product_id: 'mug', timestamp: '2026-01-01T00:00:00Z', name: 'Mug' };
    expect(productFactOf(product, onDay(9))).toMatchObject({
      itemId: 'mug',
      fields: { title: 'Mug' },
    });
    for (const missing of ['product_id', 'timestamp']) {
      expect(productFactOf({ ...product, [missing]: undefined }, onDay(9))).toBeUndefined();
    }
  });
});
