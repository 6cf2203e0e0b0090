import { describe, expect, it } from 'vitest';
import { applyFacts, type CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import { factsOf, type ProductFact } from '../../core/catalogue/product-fact.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { updateCatalogue } from '../../lambdas/enrich/update-catalogue.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';
import { trackEvent } from './event-maker.ts';

const onDay = (day: number) =>
  new Date(Date.UTC(2026, 0, 1) + (day - 1) * 86_400_000).toISOString();
const seen = (day: number, properties: Record<string, unknown>, event = 'Product Viewed') =>
  trackEvent(event, {
    timestamp: onDay(day),
    receivedAt: onDay(day),
    properties: { product_id: 'mug', ...properties },
  });
const sold = (day: number, price: number) =>
  trackEvent('Order Completed', {
    timestamp: onDay(day),
    receivedAt: onDay(day),
    properties: { currency: 'GBP', products: [{ product_id: 'mug', name: 'Mug', price }] },
  });

/** What the catalogue says after each event came in a batch of its own. */
function entryAfter(...events: CollectedEvent[]): CatalogueEntry | undefined {
  let entry: CatalogueEntry | undefined;
  for (const event of events) entry = applyFacts(entry, factsOf(event)) ?? entry;
  return entry;
}

describe('the catalogue', () => {
  it('learns an item from the first event that names it', () => {
    const properties = {
      name: 'Mug',
      price: '4.50',
      currency: 'gbp',
      brand: 'Clay',
      url: 'https://shop.example/mug',
      image_url: 'https://shop.example/mug.png',
      category: 'Kitchen',
    };
    expect(entryAfter(seen(2, properties))).toMatchObject({
      itemId: 'mug',
      title: 'Mug',
      price: 4.5,
      currency: 'GBP',
      brand: 'Clay',
      url: 'https://shop.example/mug',
      imageUrl: 'https://shop.example/mug.png',
      category: 'Kitchen',
      available: true,
      updatedAtMs: Date.UTC(2026, 0, 2),
      source: 'page',
      version: 1,
    });
  });

  it('takes the later event field by field, and lets an earlier one only fill what is empty', () => {
    const entry = entryAfter(
      seen(5, { name: 'New mug' }),
      seen(6, { price: 5 }, 'Product Added'),
      seen(3, { name: 'Old mug', price: 3, brand: 'Clay' }),
    );
    expect(entry).toMatchObject({ title: 'New mug', price: 5, brand: 'Clay' });
    expect(entry?.updatedAtMs).toBe(Date.UTC(2026, 0, 6));
  });

  it('prefers a page to an order, however old', () => {
    expect(entryAfter(sold(9, 1), seen(2, { price: 5 }))).toMatchObject({
      price: 5,
      source: 'page',
    });
    expect(entryAfter(seen(2, { price: 5 }), sold(200, 1))).toMatchObject({
      price: 5,
      source: 'page',
    });
  });

  it('takes a new paid price at most every sixty days', () => {
    expect(entryAfter(sold(1, 5), sold(60, 3))).toMatchObject({ price: 5 });
    expect(entryAfter(sold(1, 5), sold(61, 3))).toMatchObject({ price: 3 });
  });

  it('learns every product of a list', () => {
    const products = [{ product_id: 'a' }, { sku: 'b' }, { name: 'no id' }];
    const facts = factsOf(trackEvent('Product List Viewed', { properties: { products } }));
    expect(facts.map(({ itemId }) => itemId)).toEqual(['a', 'b']);
  });

  it('ignores what is no price, no text and no currency', () => {
    const entry = entryAfter(seen(2, { price: -1, name: { en: 'Mug' }, currency: 'pounds' }));
    expect(entry).toMatchObject({ price: null, title: '', currency: '' });
  });
});

describe('writing the catalogue', () => {
  const delivered = (event: CollectedEvent, sequenceNumber: string) => ({
    event,
    refs: ['userId#u1'],
    delivery: { lane: 'l', sequenceNumber, messageId: sequenceNumber, arrivedAtMs: 0 },
  });

  it('writes an item once for a batch, and not again while nothing about it changes', async () => {
    const store = new MemoryCatalogueStore();
    const cache = new EntryCache();
    const batch = Array.from({ length: 50 }, (_, index) =>
      delivered(seen(2, { name: 'Mug', price: 5 }), String(index + 1)),
    );
    for (let round = 0; round < 3; round += 1) await updateCatalogue(store, cache, batch);
    await updateCatalogue(store, new EntryCache(), batch);
    expect(store.writeCount).toBe(1);
  });

  it('does not try a write that another process has made already', async () => {
    const store = new MemoryCatalogueStore();
    const caches = [new EntryCache(), new EntryCache(), new EntryCache()];
    for (const [index, event] of [sold(1, 5), sold(90, 4), sold(180, 3)].entries()) {
      for (const cache of caches) {
        await updateCatalogue(store, cache, [delivered(event, String(index))]);
      }
    }
    expect(store.writeCount).toBe(3);
  });

  it('reads again when another process wrote in between, and loses neither', async () => {
    const store = new MemoryCatalogueStore();
    // An eventually consistent read that sees nothing yet.
    const readEntries = store.readEntries.bind(store);
    store.readEntries = async (itemIds, isConsistent = false) =>
      isConsistent ? readEntries(itemIds) : new Map();
    const [mine, other] = [new EntryCache(), new EntryCache()];
    await updateCatalogue(store, mine, [delivered(seen(2, { name: 'Mug' }), '1')]);
    await updateCatalogue(store, other, [delivered(seen(3, { brand: 'Clay' }), '2')]);
    await updateCatalogue(store, mine, [delivered(seen(4, { category: 'Kitchen' }), '3')]);
    expect(store.entries.get('mug')).toMatchObject({
      title: 'Mug',
      brand: 'Clay',
      category: 'Kitchen',
      version: 3,
    });
  });

  it('names the events whose facts did not become durable', async () => {
    const store = new MemoryCatalogueStore();
    store.writeEntry = async () => {
      throw new Error('down');
    };
    const batch = [delivered(seen(2, { name: 'Mug' }), '1'), delivered(trackEvent('Any'), '2')];
    const { failed, errors } = await updateCatalogue(store, new EntryCache(), batch);
    expect(failed).toEqual([batch[0]]);
    expect(errors).toHaveLength(1);
  });

  it('leaves an item of an unknown form alone, and goes on', async () => {
    const store = new MemoryCatalogueStore();
    const unreadable = {
      readEntries: async () => new Map([['mug', 'unreadable' as const]]),
      writeEntry: async (entry: CatalogueEntry) =>
        entry.itemId === 'mug' ? ('conflict' as const) : store.writeEntry(entry),
    };
    const batch = [
      delivered(seen(2, { name: 'Mug' }), '1'),
      delivered(seen(2, { product_id: 'vase', name: 'Vase' }), '2'),
    ];
    const report = await updateCatalogue(unreadable, new EntryCache(), batch);
    expect(report).toEqual({ failed: [], errors: [], unreadableCount: 1 });
    expect([...store.entries.keys()]).toEqual(['vase']);
  });
});

describe('what is wrong with what is said of an item', () => {
  it.each<[string, Record<string, unknown>]>([
    ['text that is no number', { price: 'on request' }],
    ['a price with its currency in it', { price: '12.50 GBP' }],
    ['a negative one', { price: -3 }],
    ['an absurd one', { price: 1e12 }],
    ['no finite one', { price: '1e999' }],
    ['a list', { price: [5] }],
  ])('a price that is %s is none', (_, properties) => {
    expect(entryAfter(seen(2, { name: 'Mug', ...properties }))).toMatchObject({ price: null });
  });

  it('keeps markup in titles as the text that it is', () => {
    const name = '<b>Mug</b> & <script>alert(1)</script>';
    expect(entryAfter(seen(2, { name }))?.title).toBe(name);
  });

  it('has no item for an id of ten kilobytes', () => {
    expect(factsOf(seen(2, { product_id: 'x'.repeat(10_000), name: 'Mug' }))).toEqual([]);
  });

  it('is never of later than its receipt, so that a clock a year ahead freezes nothing', () => {
    const ahead = { ...seen(400, { name: 'Wrong', price: 1 }), receivedAt: onDay(10) };
    const entry = entryAfter(seen(9, { name: 'Mug', price: 5 }), ahead);
    expect(entry).toMatchObject({ title: 'Wrong', updatedAtMs: Date.parse(onDay(10)) });
    expect(applyFacts(entry, factsOf(seen(11, { name: 'Mug', price: 5 })))).toMatchObject({
      title: 'Mug',
      price: 5,
    });
  });

  it('of a clock a year behind only fills what is empty', () => {
    const behind = seen(-355, { name: 'Old mug', price: 1, brand: 'Clay' });
    expect(entryAfter(seen(9, { name: 'Mug', price: 5 }), behind)).toMatchObject({
      title: 'Mug',
      price: 5,
      brand: 'Clay',
    });
  });

  it('of two currencies is kept in both, whatever came last', () => {
    const [pounds, euros] = [
      { price: 5, currency: 'GBP' },
      { price: 6, currency: 'eur' },
    ];
    const entry = entryAfter(seen(2, pounds), seen(3, euros), seen(4, pounds), seen(5, euros));
    expect(entry).toMatchObject({ price: 5, currency: 'GBP', otherPrices: { EUR: 6 } });
  });

  it('takes availability in the words of Google and schema.org', () => {
    const said = (availability: unknown) => entryAfter(seen(2, { availability }))?.available;
    expect(said('https://schema.org/OutOfStock')).toBe(false);
    expect(said('out of stock')).toBe(false);
    expect(said('backorder')).toBe(true);
    expect(said('maybe')).toBe(true);
    expect(entryAfter(seen(2, { available: false }))?.available).toBe(false);
  });
});

describe('the writes that one item can cost', () => {
  const at = (minute: number, properties: Record<string, unknown>) => {
    const time = new Date(Date.UTC(2026, 0, 2) + minute * 60_000).toISOString();
    return { ...seen(2, properties), timestamp: time, receivedAt: time };
  };
  const writesOf = (events: readonly CollectedEvent[]) => {
    let entry: CatalogueEntry | undefined;
    for (const event of events) entry = applyFacts(entry, factsOf(event)) ?? entry;
    return entry?.version;
  };
  const quarters = Array.from({ length: 24 * 4 }, (_, quarter) => quarter * 15);

  it('are one an hour for a title that is another one with every view', () => {
    expect(writesOf(quarters.map((minute) => at(minute, { name: `Mug, seen ${minute}` })))).toBe(
      24,
    );
  });

  it('are one a minute for a price that is another one with every view', () => {
    const seconds = Array.from({ length: 240 }, (_, second) => second / 4);
    expect(writesOf(seconds.map((minute) => at(minute, { price: minute + 1 })))).toBe(60);
  });

  it('are none for pages in two currencies that take turns', () => {
    const turns = quarters.map((minute, turn) =>
      at(minute, turn % 2 === 0 ? { price: 5, currency: 'GBP' } : { price: 6, currency: 'EUR' }),
    );
    expect(writesOf(turns)).toBe(2);
  });

  it('are one a day for a page that says the same again and again', () => {
    const days = Array.from({ length: 10 }, (_, day) => day * 24 * 60);
    const views = days.flatMap((day) => quarters.map((minute) => at(day + minute, { price: 5 })));
    expect(writesOf(views)).toBe(10);
  });

  it('are none for pages that repeat what a feed leaves empty', () => {
    const fed: ProductFact = {
      itemId: 'mug',
      source: 'feed',
      timeMs: Date.parse(onDay(1)),
      fields: { title: 'Mug' },
    };
    let entry = applyFacts(undefined, [fed]);
    for (let day = 2; day < 30; day += 1) {
      const said = seen(day, { name: 'Mug | Shop', brand: 'Clay', price: 5, available: true });
      entry = applyFacts(entry, factsOf(said)) ?? entry;
    }
    expect(entry).toMatchObject({ title: 'Mug', brand: 'Clay', price: 5, version: 2 });
  });
});
