import { describe, expect, it } from 'vitest';
import type { Item } from '../../core/catalogue/item.ts';
import { hourOf, SEND_MS } from '../../core/profile/shown.ts';
import type { CustomerFacts } from '../../core/ranking/customer-facts.ts';
import { rank } from '../../core/ranking/ladder.ts';
import type { PlacementRules } from '../../core/ranking/placement-rules.ts';
import type { Drop } from '../../core/ranking/ranking-request.ts';
import type { Strategy } from '../../core/ranking/strategy.ts';
import { did, NOW_MS, placementNamed, smallModel } from './small-shop.ts';

const { placement, content } = placementNamed('for-you');
const lax: PlacementRules = {
  excludeBoughtWithinDays: 0,
  onlyAvailable: false,
  onlyWithImage: false,
};

/** Every strategy that can offer any of twelve items to somebody who viewed the first. */
const everyRung: Strategy[] = [
  { kind: 'for-you' },
  { kind: 'recently-viewed', withinDays: 30 },
  { kind: 'hand-picked', itemIds: Array.from({ length: 12 }, (_, index) => `item-${index}`) },
  { kind: 'by-category', category: 'category-2' },
  { kind: 'trending' },
  { kind: 'popular' },
  { kind: 'static', content: 'evergreen' },
];

interface Circumstances {
  readonly change?: (item: Item, index: number) => Item;
  readonly ladder?: Strategy[];
  readonly limit?: number;
  readonly currency?: string;
  readonly customer?: Partial<CustomerFacts>;
}

function shown(rules: Partial<PlacementRules>, circumstances: Circumstances = {}) {
  const { change = (item) => item, currency, limit = 24 } = circumstances;
  const drops: Drop[] = [];
  const { items } = rank({
    placement: {
      ...placement,
      ...(currency !== undefined && { currency }),
      ladder: circumstances.ladder ?? everyRung,
      rules: { ...lax, ...rules },
    },
    content,
    limit,
    nowMs: NOW_MS,
    model: smallModel(12, (item) => change(item, Number(item.itemId.slice(5)))),
    history: [did('view', 0)],
    customer: {
      ...{ openCart: undefined, nextPurchase: undefined, topCategories: [], shown: [] },
      ...circumstances.customer,
    },
    liveItems: new Map(),
    onDrop: (drop) => drops.push(drop),
  });
  expect(items).toHaveLength(limit);
  const ids = items.map(({ item }) => item.itemId).filter((id) => id.startsWith('item-'));
  return { ids, drops, items };
}

const popular: Strategy[] = [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }];

describe('rules leave items out at every rung', () => {
  it('when nothing else holds, everything is shown', () => {
    expect(shown({}).ids).toHaveLength(12);
  });

  it.each<[string, Partial<PlacementRules>, readonly number[], Circumstances]>([
    ['chosen items', { exclude: { items: ['item-1', 'item-5'] } }, [1, 5], {}],
    [
      'chosen brands, whatever their case',
      { exclude: { brands: ['acme'] } },
      [3],
      { change: (item, index) => (index === 3 ? { ...item, brand: 'ACME ' } : item) },
    ],
    [
      'restricted categories and what lies below them',
      { exclude: { categories: ['Alcohol'] } },
      [2, 4],
      {
        change: (item, index) =>
          index === 2 || index === 4
            ? { ...item, category: index === 2 ? 'alcohol' : 'Alcohol > Wine' }
            : item,
      },
    ],
    [
      'what the shop says is for adults',
      {},
      [6],
      { change: (item, index) => (index === 6 ? { ...item, isAdult: true } : item) },
    ],
    [
      'what has no image',
      { onlyWithImage: true },
      [7],
      { change: (item, index) => (index === 7 ? { ...item, imageUrl: '' } : item) },
    ],
    [
      'what is sold out',
      { onlyAvailable: true },
      [8],
      { change: (item, index) => (index === 8 ? { ...item, available: false } : item) },
    ],
    ['what is dearer or cheaper', { price: { min: 12, max: 19.99 } }, [0, 1, 10, 11], {}],
    [
      'what has no price, under a range',
      { price: { min: 0 } },
      [9],
      { change: (item, index) => (index === 9 ? { ...item, price: null } : item) },
    ],
    [
      'what has no price in the placement’s currency',
      { onlyWithPrice: true },
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      {
        currency: 'EUR',
        change: (item, index) => (index === 0 ? { ...item, otherPrices: { EUR: 9 } } : item),
      },
    ],
  ])('%s', (_, rules, gone, circumstances) => {
    const { ids, drops } = shown(rules, circumstances);
    const names = gone.map((index) => `item-${index}`);
    expect(ids).toHaveLength(12 - gone.length);
    for (const name of names) expect(ids).not.toContain(name);
    expect(new Set(drops.map(({ itemId }) => itemId))).toEqual(new Set(names));
  });

  it('rules that leave out everything leave the static content, all of it', () => {
    const { items, ids } = shown({ exclude: { brands: ['Brand'] } });
    expect(ids).toEqual([]);
    expect(items.every(({ rung }) => rung === 'static')).toBe(true);
  });
});

describe('no repeats', () => {
  const hour = hourOf(NOW_MS);
  const sends = [
    [hour, ['item-0']],
    [hour - 1, ['item-1']],
    [hour - 24, ['item-2']],
    [hour - 48, ['item-3']],
    [hour - 72, ['item-4']],
  ] as const;

  it('leave out what the last sends showed, but not what this one does', () => {
    const { ids, drops } = shown({ noRepeatSends: 2 }, { customer: { shown: sends } });
    expect(ids).toEqual(expect.arrayContaining(['item-0', 'item-1', 'item-4']));
    expect(ids).not.toContain('item-2');
    expect(ids).not.toContain('item-3');
    expect(drops.every(({ rule }) => rule === 'shown before')).toBe(true);
    expect(SEND_MS).toBe(3_600_000);
  });

  it('hold only where the placement says so', () => {
    expect(shown({}, { customer: { shown: sends } }).ids).toHaveLength(12);
  });
});

describe('boosts', () => {
  it('move items up and down within their rung', () => {
    const plain = shown({}, { ladder: popular, limit: 4 }).ids;
    expect(plain).toEqual(['item-0', 'item-1', 'item-2', 'item-3']);
    const boosted = { boost: [{ items: ['item-6'], factor: 10 }] };
    expect(shown(boosted, { ladder: popular, limit: 4 }).ids[0]).toBe('item-6');
    const buried = { bury: [{ items: ['item-0'], factor: 0.01 }] };
    expect(shown(buried, { ladder: popular, limit: 12 }).ids.at(-1)).toBe('item-0');
  });

  it('lift no item over a higher rung', () => {
    const ladder: Strategy[] = [{ kind: 'recently-viewed', withinDays: 30 }, ...popular];
    const { ids } = shown({ boost: [{ items: ['item-6'], factor: 10 }] }, { ladder, limit: 3 });
    expect(ids.slice(0, 2)).toEqual(['item-0', 'item-6']);
  });
});

describe('pins', () => {
  it('put items at their places, whatever the rungs say', () => {
    const pin = [
      { itemId: 'item-11', place: 1 },
      { itemId: 'item-9', place: 3 },
    ];
    const { ids, items } = shown({ pin }, { ladder: popular, limit: 4 });
    expect(ids).toEqual(['item-11', 'item-0', 'item-9', 'item-1']);
    expect(items[0]).toMatchObject({ rung: 'pinned', reason: 'picked by us' });
  });

  it('give way to the other rules', () => {
    const pin = [{ itemId: 'item-11', place: 1 }];
    const { ids } = shown({ pin, exclude: { items: ['item-11'] } }, { ladder: popular, limit: 2 });
    expect(ids).toEqual(['item-0', 'item-1']);
  });

  it('leave the source to the first item that a rung gave', () => {
    const { source } = rank({
      placement: {
        ...placement,
        ladder: popular,
        rules: { ...lax, pin: [{ itemId: 'item-11', place: 1 }] },
      },
      content,
      limit: 3,
      nowMs: NOW_MS,
      model: smallModel(12),
      history: [],
      liveItems: new Map(),
    });
    expect(source).toBe('popular');
  });
});

describe('variety', () => {
  const twoBrands = (item: Item, index: number) => ({
    ...item,
    category: index < 6 ? 'mugs' : 'bowls',
    brand: index % 2 === 0 ? 'Potters' : 'Glaze',
  });

  it('takes turns among categories and brands where the placement wants it', () => {
    const circumstances = { ladder: popular, limit: 4, change: twoBrands };
    expect(shown({}, circumstances).ids).toEqual(['item-0', 'item-1', 'item-2', 'item-3']);
    const { items } = shown({ diversity: 0.5 }, circumstances);
    expect(new Set(items.map(({ item }) => `${item.category} ${item.brand}`)).size).toBe(4);
    expect(items[0]?.item.itemId).toBe('item-0');
  });

  it('caps a brand while there is anything else', () => {
    const circumstances = { ladder: popular, limit: 8, change: twoBrands };
    const { items } = shown({ brandItemsMax: 2 }, circumstances);
    const brands = items.map(({ item }) => item.brand);
    expect(brands.slice(0, 4).filter((brand) => brand === 'Potters')).toHaveLength(2);
    // Nothing else is left, so what was held back comes before the static content.
    expect(items.every(({ rung }) => rung === 'popular')).toBe(true);
  });

  it('offers again further down what a rung had no room for', () => {
    const ladder: Strategy[] = [{ kind: 'trending' }, ...popular];
    const { ids } = shown({ diversity: 0.2 }, { ladder, limit: 12 });
    expect(new Set(ids).size).toBe(12);
  });
});
