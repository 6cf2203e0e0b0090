import { describe, expect, it } from 'vitest';
import { type CatalogueEntry, withFact } from '../../core/catalogue/catalogue-entry.ts';
import { ChangedItemsList } from '../../core/catalogue/changed-items.ts';
import { derivedOf } from '../../core/catalogue/derived-changes.ts';
import { inCurrency } from '../../core/catalogue/item.ts';
import type { FactSource, ItemFields } from '../../core/catalogue/product-fact.ts';

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2026, 0, 1);
const onDay = (day: number) => FIRST_MS + (day - 1) * DAY_MS;
type Said = readonly [day: number, fields: ItemFields, source?: FactSource];

function entryAfter(...said: Said[]): CatalogueEntry {
  let entry: CatalogueEntry | undefined;
  for (const [day, fields, source = 'feed'] of said) {
    entry = withFact(entry, { itemId: 'mug', source, timeMs: onDay(day), fields });
  }
  if (entry === undefined) throw new Error('nothing was said');
  return entry;
}
const gbp = (price: number) => ({ price, currency: 'GBP' });
const dropsOn = (day: number, ...said: Said[]) =>
  derivedOf(entryAfter(...said), onDay(day)).priceDrops;

describe('a price drop', () => {
  it('compares with the price before it and with the lowest of the thirty days before it', () => {
    const [drop] = dropsOn(41, [1, gbp(10)], [20, gbp(8)], [25, gbp(12)], [40, gbp(9)]);
    expect(drop).toEqual({
      currency: 'GBP',
      price: 9,
      previousPrice: 12,
      priorPrice: 8,
      isReduction: false,
      sinceMs: onDay(40),
    });
  });

  it('counts a price that was in force when the thirty days began, and none from before', () => {
    const said: Said[] = [
      [1, gbp(5)],
      [2, gbp(10)],
      [50, gbp(9)],
    ];
    expect(dropsOn(50, ...said)[0]).toMatchObject({ priorPrice: 10, isReduction: true });
    const inForce: Said[] = [
      [1, gbp(5)],
      [21, gbp(10)],
      [50, gbp(9)],
    ];
    // Until day 21 it cost 5, which is within the thirty days before day 50.
    expect(dropsOn(50, ...inForce)[0]).toMatchObject({ priorPrice: 5, isReduction: false });
  });

  it('stands for thirty days, and is still compared with the days before it', () => {
    const said: Said[] = [
      [1, gbp(10)],
      [40, gbp(8)],
      [55, gbp(8)],
      [69, gbp(8)],
    ];
    expect(dropsOn(69, ...said)[0]).toMatchObject({ previousPrice: 10, sinceMs: onDay(40) });
    expect(dropsOn(70, ...said)).toEqual([]);
  });

  it('is none where the price rose, stayed, fell to nothing, or was never another', () => {
    expect(dropsOn(3, [1, gbp(8)], [2, gbp(9)])).toEqual([]);
    expect(dropsOn(3, [1, gbp(8)], [2, gbp(8)])).toEqual([]);
    expect(dropsOn(3, [1, gbp(8)], [2, gbp(0)])).toEqual([]);
    expect(dropsOn(3, [1, gbp(8)])).toEqual([]);
  });

  it('is none between two currencies, nor between list prices and what was paid', () => {
    expect(dropsOn(3, [1, gbp(10)], [2, { price: 8, currency: 'EUR' }])).toEqual([]);
    expect(dropsOn(3, [1, gbp(10)], [2, { price: 8 }])).toEqual([]);
    expect(dropsOn(3, [1, gbp(10)], [2, gbp(8), 'order'])).toEqual([]);
    expect(dropsOn(3, [1, gbp(10), 'page'], [2, gbp(8), 'feed'])).toEqual([]);
  });

  it('is told in each currency by itself', () => {
    const eur = (price: number) => ({ price, currency: 'EUR' });
    const drops = dropsOn(3, [1, gbp(10)], [1, eur(12)], [2, gbp(9)], [2, eur(11)]);
    expect(drops).toMatchObject([
      { currency: 'GBP', previousPrice: 10, price: 9 },
      { currency: 'EUR', previousPrice: 12, price: 11 },
    ]);
  });
});

describe('an item that is back in stock', () => {
  const backOn = (day: number, ...said: Said[]) =>
    derivedOf(entryAfter(...said), onDay(day)).backInStock;
  const [is, isNot] = [{ available: true }, { available: false }];

  it('was not available for at least a day before', () => {
    expect(backOn(9, [1, is], [3, isNot], [5, isNot], [8, is])).toEqual({
      sinceMs: onDay(8),
      outDays: 5,
    });
    expect(backOn(9, [1, is], [8, isNot], [8.5, is])).toBeUndefined();
  });

  it('counts from the day on which it came back, however often that is said again', () => {
    const said: Said[] = [
      [1, isNot],
      [4, is],
      [5, is],
      [20, is],
    ];
    expect(backOn(20, ...said)).toMatchObject({ sinceMs: onDay(4) });
    expect(backOn(33, ...said)).toMatchObject({ sinceMs: onDay(4) });
    expect(backOn(34, ...said)).toBeUndefined();
  });

  it('is available now, and was once not', () => {
    expect(backOn(9, [1, is], [3, isNot])).toBeUndefined();
    expect(backOn(9, [1, is], [3, is])).toBeUndefined();
    expect(backOn(9, [1, isNot], [3, is], [6, isNot])).toBeUndefined();
  });
});

describe('a new arrival', () => {
  it('was first seen at most thirty days ago', () => {
    const entry = entryAfter([5, gbp(1)], [2, gbp(1), 'page']);
    expect(derivedOf(entry, onDay(31)).newSinceMs).toBe(onDay(2));
    expect(derivedOf(entry, onDay(32)).newSinceMs).toBeUndefined();
  });
});

describe('the lists of changed items', () => {
  it('hold what can be bought, the latest change first', () => {
    const list = new ChangedItemsList(onDay(9));
    const named = (itemId: string, ...said: Said[]) => ({ ...entryAfter(...said), itemId });
    list.add(named('a', [1, gbp(10)], [5, gbp(8)]));
    list.add(named('b', [1, gbp(10)], [7, gbp(8)]));
    list.add(named('sold-out', [1, gbp(10)], [7, { ...gbp(8), available: false }]));
    list.add(named('c', [1, { available: false }], [6, { available: true }]));
    const { priceDrops, backInStock, newArrivals } = list.lists;
    expect(priceDrops.map(({ itemId }) => itemId)).toEqual(['b', 'a']);
    expect(backInStock.map(({ itemId }) => itemId)).toEqual(['c']);
    expect(newArrivals.map(({ itemId }) => itemId)).toEqual(['a', 'b', 'c']);
  });
});

describe('an item with prices in two currencies', () => {
  const eur = { price: 12, currency: 'EUR' };

  it('keeps both, and has its own in the one that was first', () => {
    const entry = entryAfter([1, gbp(10), 'page'], [2, eur, 'page'], [3, gbp(11), 'page']);
    expect(entry).toMatchObject({ price: 11, currency: 'GBP', otherPrices: { EUR: 12 } });
    expect(inCurrency(entry, 'EUR')).toMatchObject({ price: 12, currency: 'EUR' });
    expect(inCurrency(entry, 'USD')).toMatchObject({ price: 11, currency: 'GBP' });
    expect(inCurrency(entry, undefined)).toBe(entry);
  });

  it('has its own in the feed’s, and follows a shop that changes over', () => {
    expect(entryAfter([1, eur, 'page'], [2, gbp(10)])).toMatchObject({ currency: 'GBP' });
    expect(entryAfter([1, gbp(10)], [2, eur], [40, eur])).toMatchObject({ currency: 'EUR' });
  });

  it('is not taken for one where the currency was left out', () => {
    const entry = entryAfter([1, gbp(10), 'page'], [2, { price: 3 }, 'page']);
    expect(entry).toMatchObject({ price: 10, currency: 'GBP' });
    expect(entry.otherPrices).toBeUndefined();
  });
});
