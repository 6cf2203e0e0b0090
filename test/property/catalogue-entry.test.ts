import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFacts, type CatalogueEntry, withFact } from '../../core/catalogue/catalogue-entry.ts';
import { DAY_MS, HISTORY_DAYS } from '../../core/catalogue/history-days.ts';
import { item } from '../../core/catalogue/item.ts';
import { isNews, isRepetition } from '../../core/catalogue/item-news.ts';
import { factsOf, type ItemFields, type ProductFact } from '../../core/catalogue/product-fact.ts';
import { entryFromStored, storedFormOf } from '../../core/catalogue/stored-entry.ts';
import { trackEvent } from '../unit/event-maker.ts';

const START_MS = Date.UTC(2026, 0, 1);
const RUNS = { seed: 20261127, numRuns: 1_000 };

const text = fc.constantFrom('a', 'b', 'c');
const fields: fc.Arbitrary<ItemFields> = fc.record(
  {
    title: text,
    url: text,
    brand: text,
    price: fc.constantFrom(0, 1, 4.5, 9.99, 100),
    currency: fc.constantFrom('GBP', 'EUR', 'USD'),
    available: fc.boolean(),
    isAdult: fc.boolean(),
  },
  { requiredKeys: [] },
);
/** Close together and far apart, on one day and beyond the history; many at the very same time. */
const timeMs = fc
  .tuple(
    fc.integer({ min: 0, max: HISTORY_DAYS * 3 }),
    fc.constantFrom(0, 1, 3_600_000, 80_000_000),
  )
  .map(([day, ms]) => START_MS + day * DAY_MS + ms);
const fact: fc.Arbitrary<ProductFact> = fc.record({
  itemId: fc.constant('mug'),
  source: fc.constantFrom('feed', 'page', 'order'),
  timeMs,
  fields,
});
const facts = fc.array(fact, { minLength: 1, maxLength: 40 });

function entryOf(all: readonly ProductFact[]): CatalogueEntry {
  let entry: CatalogueEntry | undefined;
  for (const each of all) entry = withFact(entry, each);
  if (entry === undefined) throw new Error('no fact');
  return entry;
}

describe('an entry of the catalogue', () => {
  it('is the same after any order and any repetition of the same facts', () => {
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat()), (all, numbers) => {
        const shuffled = [...all, ...all.slice(0, 5)]
          .map((each) => ({ each, at: numbers.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        expect(entryOf(shuffled)).toEqual(entryOf(all));
      }),
      RUNS,
    );
  });

  it('is what its form in the table says, to the letter', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const entry = { ...entryOf(all), version: 7 };
        expect(entryFromStored(storedFormOf(entry), START_MS)).toEqual(entry);
      }),
      RUNS,
    );
  });

  it('shows the latest statement of the strongest source', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const ranked = ['feed', 'page', 'order'];
        const said = all
          .filter((each) => each.fields.available !== undefined)
          .sort(
            (a, b) => ranked.indexOf(a.source) - ranked.indexOf(b.source) || b.timeMs - a.timeMs,
          );
        const [first] = said;
        const wanted = said
          .filter((each) => each.source === first?.source && each.timeMs === first.timeMs)
          .every((each) => each.fields.available !== false);
        expect(entryOf(all).available).toBe(wanted);
      }),
      RUNS,
    );
  });

  it('stays small whatever is said of it', () => {
    const code = fc.constantFrom(...Intl.supportedValuesOf('currency'));
    const many = fc.record({
      itemId: fc.constant('i'.repeat(200)),
      source: fc.constant('page' as const),
      timeMs,
      fields: fc.record({
        title: fc.constant('ü'.repeat(500)),
        url: fc.constant('u'.repeat(2048)),
        imageUrl: fc.constant('i'.repeat(2048)),
        price: fc.integer({ min: 0, max: 1e9 }).map((price) => price / 100),
        currency: code,
        available: fc.boolean(),
      }),
    });
    fc.assert(
      fc.property(fc.array(many, { minLength: 1_000, maxLength: 1_500 }), (all) => {
        expect(sizeOf(entryOf(all))).toBeLessThan(24 * 1024);
      }),
      { ...RUNS, numRuns: 10 },
    );
  });

  it('written only where it is worth it is never a day behind what pages said in any order', () => {
    const page = fact.filter(({ source }) => source === 'page');
    fc.assert(
      fc.property(fc.array(page, { minLength: 1, maxLength: 40 }), (all) => {
        let stored: CatalogueEntry | undefined;
        for (const each of all) stored = applyFacts(stored, [each]) ?? stored;
        const newestMs = Math.max(
          ...all.map((each) => (each.fields.title === undefined ? 0 : each.timeMs)),
        );
        const saidMs = all
          .filter((each) => each.fields.title === stored?.title)
          .map((each) => each.timeMs);
        if (newestMs > 0) expect(Math.max(...saidMs)).toBeGreaterThan(newestMs - DAY_MS);
      }),
      RUNS,
    );
  });

  it('changes by a fact that is worth a write, and by no other', () => {
    fc.assert(
      fc.property(facts, fact, (all, next) => {
        const entry = entryOf(all);
        const applied = applyFacts(entry, [next]);
        const whole = withFact(entry, next);
        if (applied !== undefined) expect({ ...applied, version: entry.version }).toEqual(whole);
        // What a feed changes about the item that others see is never left out.
        if (applied === undefined && next.source === 'feed') {
          expect(shown(whole)).toEqual(shown(entry));
        }
      }),
      RUNS,
    );
  });
});

describe('a usual item', () => {
  it('takes one unit of writing, with a history of changes', () => {
    const all = Array.from(
      { length: 60 },
      (_, day): ProductFact => ({
        itemId: 'gid-7523411001',
        source: 'page',
        timeMs: START_MS + day * DAY_MS + 12_345,
        fields: {
          title: 'Stoneware mug with a lid, hand-glazed, 350 ml',
          url: 'https://shop.example/collections/kitchen/products/stoneware-mug-350?variant=4021',
          imageUrl:
            'https://cdn.shop.example/s/files/1/0533/2089/products/stoneware-mug-350_600x.jpg',
          category: 'Kitchen > Tableware > Mugs',
          brand: 'Clayworks',
          price: [12.5, 11.25, 9.99, 14][Math.floor(day / 15)] ?? 0,
          currency: 'GBP',
          available: day % 20 > 2,
        },
      }),
    );
    expect(sizeOf(entryOf(all))).toBeLessThan(1024);
  });
});

/** The item as it is served, without the time of its last confirmation. */
function shown(entry: CatalogueEntry) {
  return { ...item.parse(entry), updatedAtMs: 0 };
}

/** As DynamoDB counts: names and values in UTF-8, some bytes a number. JSON of the wire form is more. */
function sizeOf(entry: CatalogueEntry): number {
  const stored = marshall(storedFormOf(entry));
  return Object.entries(stored).reduce(
    (sum, [name, value]) => sum + name.length + bytesOf(value),
    0,
  );
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

describe('what a page only repeats', () => {
  it('is told from its words alone, and is never news', () => {
    /** Each word as it is known, another, or none. */
    const choice = fc.constantFrom('known', 'known', 'known', 'other', 'none');
    const choices = fc.array(choice, { minLength: 7, maxLength: 7 });
    const others: Readonly<Record<string, unknown>> = {
      name: ' a ',
      url: 'd',
      brand: 7,
      price: '4.5',
      currency: 'gbp',
      available: true,
      adult: true,
    };
    const saidOf = (entry: CatalogueEntry, chosen: readonly string[]) => {
      const [currency = 'GBP', record] = Object.entries(entry.prices)[0] ?? [];
      const known: Readonly<Record<string, unknown>> = {
        name: entry.title,
        url: entry.url,
        brand: entry.brand,
        price: record?.price,
        currency,
      };
      return Object.fromEntries(
        Object.keys(others).flatMap((word, index) => {
          if (chosen[index] === 'none') return [];
          const value = chosen[index] === 'known' ? known[word] : others[word];
          return value === undefined ? [] : [[word, value]];
        }),
      );
    };
    let repeatedCount = 0;
    fc.assert(
      fc.property(facts, choices, timeMs, (all, chosen, atMs) => {
        const entry = entryOf(all);
        const said = saidOf(entry, chosen);
        const at = new Date(atMs).toISOString();
        const event = trackEvent('Product Viewed', {
          timestamp: at,
          receivedAt: at,
          properties: { ...said, product_id: 'mug' },
        });
        if (!isRepetition(entry, said, atMs)) return;
        repeatedCount += 1;
        for (const each of factsOf(event)) expect(isNews(entry, each)).toBe(false);
      }),
      { ...RUNS, numRuns: 5_000 },
    );
    expect(repeatedCount).toBeGreaterThan(100);
  });
});
