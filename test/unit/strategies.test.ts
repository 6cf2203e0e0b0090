import { describe, expect, it } from 'vitest';
import type { DerivedChanges } from '../../core/catalogue/derived-changes.ts';
import { dayOf } from '../../core/catalogue/history-days.ts';
import type { CustomerFacts } from '../../core/ranking/customer-facts.ts';
import { rank } from '../../core/ranking/ladder.ts';
import { type Strategy, sourceOfStrategy, strategyKinds } from '../../core/ranking/strategy.ts';
import type { ItemFacts } from '../../core/training/item-facts.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { DAY_MS, did, itemNumber, NOW_MS, placementNamed, smallModel } from './small-shop.ts';

const { placement, content } = placementNamed('for-you');
const model = smallModel(40);
const stranger: CustomerFacts = {
  openCart: undefined,
  nextPurchase: undefined,
  topCategories: [],
  shown: [],
};

interface Circumstances {
  readonly history?: readonly HistoryEntry[];
  readonly customer?: Partial<CustomerFacts>;
  readonly model?: Model | undefined;
  readonly changes?: Readonly<Record<string, Partial<DerivedChanges>>>;
  readonly excludeBoughtWithinDays?: number;
}

/** What one rung alone offers, before the static content. */
function offered(strategy: Strategy, circumstances: Circumstances = {}) {
  const { excludeBoughtWithinDays = 0 } = circumstances;
  const ladder: Strategy[] = [strategy, { kind: 'static', content: 'evergreen' }];
  const rules = { onlyAvailable: true, onlyWithImage: false, excludeBoughtWithinDays };
  const { items } = rank({
    placement: { ...placement, ladder, rules },
    content,
    limit: 24,
    nowMs: NOW_MS,
    model: 'model' in circumstances ? circumstances.model : model,
    history: circumstances.history ?? [],
    customer: { ...stranger, ...circumstances.customer },
    liveItems: new Map(),
    liveChanges: new Map(
      Object.entries(circumstances.changes ?? {}).map(([itemId, changes]) => [
        itemId,
        { priceDrops: [], ...changes },
      ]),
    ),
  });
  return items.filter(({ rung }) => rung !== 'static');
}

const idsOf = (items: ReturnType<typeof offered>) => items.map(({ item }) => item.itemId);

function withFacts(facts: Partial<Record<keyof ItemFacts, Record<number, number>>>): Model {
  const column = (values: Record<number, number> = {}) =>
    Float32Array.from(model.items, (_, index) => values[index] ?? 0);
  return {
    ...model,
    facts: {
      repurchaseDays: column(facts.repurchaseDays),
      newOnDay: column(facts.newOnDay),
      backOnDay: column(facts.backOnDay),
      reducedOnDay: column(facts.reducedOnDay),
    },
  };
}

const today = dayOf(NOW_MS);

describe('every strategy', () => {
  const examples: Record<string, Strategy> = {
    'by-category': { kind: 'by-category', category: 'category-1' },
    'hand-picked': { kind: 'hand-picked', itemIds: ['item-1'] },
    static: { kind: 'static', content: 'evergreen' },
  };

  it.each(strategyKinds)('%s says its own name and one of the five sources', (kind) => {
    const strategy: Strategy = examples[kind] ?? ({ kind, withinDays: 30 } as Strategy);
    const rich = withFacts({
      repurchaseDays: { 3: 20 },
      newOnDay: { 4: today },
      backOnDay: { 5: today },
      reducedOnDay: { 6: today },
    });
    const items = offered(strategy, {
      model: rich,
      history: [did('view', 2), did('purchase', 3, 20)],
      customer: {
        openCart: { changedAtMs: NOW_MS, itemIds: ['item-8'], isAbandoned: true },
        topCategories: ['category-2'],
      },
    });
    if (kind !== 'static') expect(items.length).toBeGreaterThan(0);
    for (const { rung, source } of items) {
      expect([rung, source]).toEqual([kind, sourceOfStrategy[kind]]);
    }
  });
});

describe('similar to last viewed', () => {
  it('asks the model of the newest view alone, and says of which', () => {
    const history = [did('view', 5, 1), did('view', 20, 3)];
    const items = offered({ kind: 'similar-to-last-viewed', withinDays: 30 }, { history });
    expect(idsOf(items)).toEqual(['item-6', 'item-7', 'item-8']);
    expect(items[0]?.reason).toBe('similar to Item 5 you viewed');
  });

  it('says nothing once that is longer ago than its window', () => {
    const history = [did('view', 5, 40)];
    expect(offered({ kind: 'similar-to-last-viewed', withinDays: 30 }, { history })).toEqual([]);
  });
});

describe('cart recovery', () => {
  const openCart = {
    changedAtMs: NOW_MS - DAY_MS,
    itemIds: ['item-9', 'item-2'],
    isAbandoned: true,
  };

  it('shows what lies in the cart, in its order, without a model', () => {
    const items = offered({ kind: 'cart-recovery', withinDays: 7 }, { customer: { openCart } });
    expect(idsOf(items)).toEqual(['item-9', 'item-2']);
    expect(items[0]?.reason).toBe('still in your basket');
  });

  it('leaves an old cart alone, and one that there is not', () => {
    const old = { ...openCart, changedAtMs: NOW_MS - 8 * DAY_MS };
    expect(
      offered({ kind: 'cart-recovery', withinDays: 7 }, { customer: { openCart: old } }),
    ).toEqual([]);
    expect(offered({ kind: 'cart-recovery', withinDays: 7 })).toEqual([]);
  });
});

describe('browse recovery', () => {
  it('shows what was viewed and then neither put in the cart nor bought', () => {
    const history = [
      ...[did('view', 1, 3), did('view', 2, 4), did('view', 3, 5), did('view', 4, 6)],
      ...[did('cart', 2, 3), did('purchase', 3, 2), did('purchase', 4, 9)],
    ];
    const items = offered({ kind: 'browse-recovery', withinDays: 30 }, { history });
    expect(idsOf(items)).toEqual(['item-1', 'item-4']);
  });
});

describe('bought together', () => {
  it('asks the model of all items of the last order, which it leaves out itself', () => {
    const history = [
      ...[did('purchase', 5, 2), did('purchase', 7, 2), did('purchase', 20, 9)],
      did('view', 30, 1),
    ];
    const items = offered({ kind: 'bought-together', withinDays: 30 }, { history });
    // Item 8 goes with both of them: 1/3 + 1; item 6 with the first alone: 1; item 9: 1/2.
    expect(idsOf(items)).toEqual(['item-8', 'item-6', 'item-9', 'item-10']);
    expect(items[0]?.reason).toBe('goes with Item 7 you bought');
  });
});

describe('replenishment', () => {
  const consumables = withFacts({ repurchaseDays: { 1: 30, 2: 30, 3: 30, 4: 100 } });
  const history = [
    ...[did('purchase', 1, 25), did('purchase', 2, 45), did('purchase', 3, 70)],
    ...[did('purchase', 4, 60), did('purchase', 5, 30)],
  ];

  it('shows what is due by the item’s own interval, the most overdue first', () => {
    const items = offered({ kind: 'replenishment' }, { model: consumables, history });
    // 3 is overdue by more than an interval, 4 is due in forty days, nobody buys 5 twice.
    expect(idsOf(items)).toEqual(['item-2', 'item-1']);
  });

  it('looks further ahead for a customer who seldom buys', () => {
    const nextPurchase = { intervalDays: 60, expectedAtMs: NOW_MS };
    const early = [did('purchase', 4, 72)];
    const at = (customer: Partial<CustomerFacts>) =>
      idsOf(offered({ kind: 'replenishment' }, { model: consumables, history: early, customer }));
    expect(at({})).toEqual([]);
    expect(at({ nextPurchase })).toEqual(['item-4']);
  });

  it('is not kept back by the rule on what was bought', () => {
    const circumstances = { model: consumables, history, excludeBoughtWithinDays: 365 };
    expect(idsOf(offered({ kind: 'replenishment' }, circumstances))).toEqual(['item-2', 'item-1']);
    expect(idsOf(offered({ kind: 'popular' }, circumstances))).not.toContain('item-2');
  });
});

describe('new arrivals', () => {
  it('shows the newest first, the more popular of a day before the others, within the window', () => {
    const news = withFacts({ newOnDay: { 7: today - 1, 3: today - 1, 9: today, 12: today - 9 } });
    const items = offered({ kind: 'new-arrivals', withinDays: 7 }, { model: news });
    expect(idsOf(items)).toEqual(['item-9', 'item-3', 'item-7']);
  });
});

describe.each([
  [
    'back-in-stock',
    { backOnDay: { 3: today, 4: today - 20 } },
    { backInStock: { sinceMs: NOW_MS - DAY_MS, outDays: 4 } },
  ],
  [
    'price-drop',
    { reducedOnDay: { 3: today, 4: today - 20 } },
    {
      priceDrops: [
        {
          currency: 'GBP',
          price: 9,
          previousPrice: 12,
          priorPrice: 12,
          isReduction: true,
          sinceMs: NOW_MS - DAY_MS,
        },
      ],
    },
  ],
] as const)('%s', (kind, facts, change) => {
  const changed = withFacts(facts);
  const history = [did('view', 8), did('view', 9), did('purchase', 10)];

  it('puts what the customer looked at before what is so for everybody', () => {
    const circumstances = {
      model: changed,
      history,
      changes: { 'item-9': change, 'item-10': change },
    };
    expect(idsOf(offered({ kind, withinDays: 7 }, circumstances))).toEqual(['item-9', 'item-3']);
  });

  it('leaves it at what the customer knows where the document says so', () => {
    const circumstances = { model: changed, history, changes: { 'item-9': change } };
    const only = { kind, withinDays: 7, only: 'known' } as const;
    expect(idsOf(offered(only, circumstances))).toEqual(['item-9']);
    expect(offered(only, { model: changed })).toEqual([]);
  });

  it('believes the catalogue when it says that it is over', () => {
    const circumstances = { model: changed, changes: { 'item-3': {} } };
    expect(offered({ kind, withinDays: 7 }, circumstances)).toEqual([]);
  });
});

it('a fall of the price that may not be announced as a reduction is none', () => {
  const drop = { currency: 'GBP', price: 9, previousPrice: 12, priorPrice: 8, sinceMs: NOW_MS };
  const changes = { 'item-9': { priceDrops: [{ ...drop, isReduction: false }] } };
  const history = [did('view', 9)];
  expect(offered({ kind: 'price-drop', withinDays: 7 }, { history, changes })).toEqual([]);
});

describe('by category', () => {
  it('shows the most popular of a category and of those below it', () => {
    const nested = smallModel(12, (item) => ({
      ...item,
      category:
        ['Toys > Trains', 'Toys/Dolls', 'Toyshop', 'toys'][Number(item.itemId.slice(5)) % 4] ?? '',
    }));
    const items = offered({ kind: 'by-category', category: 'Toys' }, { model: nested });
    expect(idsOf(items)).toEqual([0, 1, 3, 4, 5, 7, 8, 9, 11].map((index) => `item-${index}`));
    expect(items[0]?.reason).toBe('popular in Toys');
  });

  it('follows the customer’s interests where none is named, and says nothing without any', () => {
    const customer = { topCategories: ['category-3', 'category-1'] };
    const ids = idsOf(offered({ kind: 'by-category' }, { customer }));
    expect(ids.slice(0, 2)).toEqual(['item-3', 'item-9']);
    expect(ids).toContain('item-1');
    expect(ids.indexOf('item-33')).toBeLessThan(ids.indexOf('item-1'));
    expect(offered({ kind: 'by-category' })).toEqual([]);
  });
});

describe('hand-picked', () => {
  it('shows the list in its order, without what the catalogue lacks or has sold out', () => {
    const soldOut = smallModel(12, (item) => ({ ...item, available: item.itemId !== 'item-2' }));
    const itemIds = ['item-7', 'item-2', 'gone', 'item-1'];
    expect(idsOf(offered({ kind: 'hand-picked', itemIds }, { model: soldOut }))).toEqual([
      'item-7',
      'item-1',
    ]);
  });
});

it('a stranger is read nothing personal of', () => {
  const personal: Strategy[] = strategyKinds.flatMap((kind) => {
    const source = sourceOfStrategy[kind];
    return source === 'personal' || source === 'recent'
      ? [{ kind, withinDays: 30 } as Strategy]
      : [];
  });
  expect(personal).toHaveLength(7);
  for (const strategy of personal) expect(offered(strategy)).toEqual([]);
});

it('an item newer than the model is shown as the catalogue has it', () => {
  const { items } = rank({
    placement: { ...placement, ladder: [{ kind: 'hand-picked', itemIds: ['brand-new'] }] },
    content,
    limit: 1,
    nowMs: NOW_MS,
    model,
    history: [],
    liveItems: new Map([['brand-new', itemNumber(0, { itemId: 'brand-new' })]]),
  });
  expect(items[0]?.item.itemId).toBe('brand-new');
});
