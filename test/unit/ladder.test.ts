import { describe, expect, it } from 'vitest';
import type { Item } from '../../core/catalogue/item.ts';
import { rank } from '../../core/ranking/ladder.ts';
import type { PlacementRules } from '../../core/ranking/placement-rules.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { DAY_MS, did, itemNumber, NOW_MS, placementNamed, smallModel } from './small-shop.ts';

interface Circumstances {
  readonly placement?: string;
  readonly limit?: number;
  readonly model?: Model;
  readonly history?: readonly HistoryEntry[];
  readonly live?: readonly Item[];
  readonly rules?: Partial<PlacementRules>;
}

function ranked(circumstances: Circumstances) {
  const { placement, content } = placementNamed(circumstances.placement ?? 'for-you');
  const rules = { ...placement.rules, ...circumstances.rules };
  const result = rank({
    placement: { ...placement, rules },
    content,
    limit: circumstances.limit ?? 4,
    nowMs: NOW_MS,
    model: circumstances.model,
    history: circumstances.history ?? [],
    liveItems: new Map((circumstances.live ?? []).map((item) => [item.itemId, item])),
  });
  return { ...result, ids: result.items.map(({ item }) => item.itemId) };
}

describe('the ladder of for-you', () => {
  const model = smallModel(40);

  it('answers with what is similar to what was viewed, and says to what', () => {
    const answer = ranked({ model, history: [did('view', 5)], limit: 3 });
    expect(answer.ids).toEqual(['item-6', 'item-7', 'item-8']);
    expect(answer.source).toBe('personal');
    expect(answer.reason).toBe('similar to items you viewed');
    expect(answer.items[0]?.reason).toBe('similar to Item 5 you viewed');
  });

  it('tells what was bought from what was viewed', () => {
    const answer = ranked({ model, history: [did('purchase', 5), did('view', 20)], limit: 6 });
    const reasons = answer.items.map(({ reason }) => reason);
    expect(reasons).toContain('similar to Item 5 you bought');
    expect(reasons).toContain('similar to Item 20 you viewed');
    expect(answer.reason).toBe('similar to items you viewed and bought');
  });

  it('fills up from the lower rungs in their order, without repeating an item', () => {
    const answer = ranked({ model, history: [did('view', 5)], limit: 10 });
    expect(answer.items.map(({ source }) => source)).toEqual([
      ...['personal', 'personal', 'personal', 'recent'],
      ...['trending', 'trending', 'trending'],
      ...['popular', 'popular', 'popular'],
    ]);
    expect(new Set(answer.ids).size).toBe(10);
    expect(answer.items[3]?.reason).toBe('you viewed this recently');
    expect(answer.source).toBe('personal');
  });

  it('answers a stranger with what is trending', () => {
    const answer = ranked({ model });
    expect(answer.ids.slice(0, 3)).toEqual(['item-39', 'item-38', 'item-37']);
    expect(answer.source).toBe('trending');
    expect(answer.reason).toBe('trending now');
  });

  it('goes on to what is popular when nothing rises', () => {
    const flat = { ...model, trending: new Float32Array(40) };
    const answer = ranked({ model: flat });
    expect(answer.ids).toEqual(['item-0', 'item-1', 'item-2', 'item-3']);
    expect(answer.reason).toBe('popular this week');
  });

  it('offers what nobody has touched before static content', () => {
    const untouched = {
      ...smallModel(4),
      popular: new Float32Array(4),
      trending: new Float32Array(4),
    };
    const answer = ranked({ model: untouched, limit: 6 });
    expect(answer.items.map(({ source }) => source)).toEqual([
      ...['popular', 'popular', 'popular', 'popular'],
      ...['static', 'static'],
    ]);
    expect(answer.items[0]?.reason).toBe('from our range');
  });

  it('answers from the profile and the live catalogue while there is no model', () => {
    const answer = ranked({
      history: [did('view', 1, 2), did('cart', 2, 1)],
      live: [itemNumber(1), itemNumber(2)],
    });
    expect(answer.ids.slice(0, 2)).toEqual(['item-2', 'item-1']);
    expect(answer.items[0]?.reason).toBe('you put this in your basket recently');
    expect(answer.source).toBe('recent');
    expect(answer.items.slice(2).every(({ source }) => source === 'static')).toBe(true);
  });

  it.each([1, 12, 24])('is full of %i items when there is nothing but static content', (limit) => {
    const answer = ranked({ limit });
    expect(answer.ids).toHaveLength(limit);
    expect(new Set(answer.ids).size).toBe(limit);
    expect(answer.source).toBe('static');
  });

  it('is full when the catalogue has fewer items than the limit', () => {
    const answer = ranked({ model: smallModel(2), history: [did('view', 0)], limit: 12 });
    expect(answer.ids).toHaveLength(12);
    expect(answer.items.filter(({ source }) => source === 'static')).toHaveLength(10);
  });

  it('scores a history that ended years before the model as well as a new one', () => {
    const answer = ranked({ model, history: [did('view', 5, 12 * 365)], limit: 3 });
    expect(answer.ids).toEqual(['item-6', 'item-7', 'item-8']);
  });
});

describe('the ladder of recently-viewed', () => {
  it('shows the newest first and each item once', () => {
    const history = [did('view', 1, 3), did('view', 2, 1), did('cart', 1, 2)];
    const answer = ranked({ placement: 'recently-viewed', model: smallModel(40), history });
    expect(answer.ids.slice(0, 2)).toEqual(['item-2', 'item-1']);
    expect(answer.source).toBe('recent');
    expect(answer.items[2]?.source).toBe('popular');
  });

  it('forgets what was viewed longer ago than its window', () => {
    const answer = ranked({
      placement: 'recently-viewed',
      model: smallModel(40),
      history: [did('view', 30, 200)],
    });
    expect(answer.ids).not.toContain('item-30');
  });

  it('drops what was taken out of the basket again', () => {
    const history = [did('cart', 1, 3), did('uncart', 1, 2), did('cart', 2, 5)];
    const answer = ranked({
      placement: 'recently-viewed',
      model: smallModel(40),
      history,
      limit: 1,
    });
    expect(answer.ids).toEqual(['item-2']);
  });
});

describe('the rules', () => {
  // Few enough items that every one of them is reached by some rung.
  const model = smallModel(12);
  const everything = (circumstances: Circumstances) =>
    ranked({ model, limit: 24, ...circumstances }).ids.filter((id) => id.startsWith('item-'));

  it('leave out what was bought within the window, whichever rung offers it', () => {
    for (const history of [[], [did('view', 3)], [did('view', 0), did('cart', 11)]]) {
      for (const index of [0, 4, 11]) {
        const ids = everything({ history: [...history, did('purchase', index, 29)] });
        expect(ids).not.toContain(`item-${index}`);
        expect(ids).toHaveLength(11);
      }
    }
  });

  it('let what was bought before the window in again', () => {
    expect(everything({ history: [did('purchase', 4, 31)] })).toContain('item-4');
  });

  it('judge a replayed history by its own dates', () => {
    const old = { ...model, asOfMs: NOW_MS - 4000 * DAY_MS };
    const ids = everything({ model: old, history: [did('purchase', 4, 4001)] });
    expect(ids).not.toContain('item-4');
  });

  it('leave out what is sold out, by the live catalogue before the model', () => {
    const soldOut = smallModel(12, (item) => ({ ...item, available: item.itemId !== 'item-1' }));
    const live = [itemNumber(2, { available: false })];
    const ids = everything({ model: soldOut, live, history: [did('view', 0)] });
    expect(ids).not.toContain('item-1');
    expect(ids).not.toContain('item-2');
    expect(ids).toHaveLength(10);
  });

  it('leave out what is for adults only, unless the placement admits it', () => {
    const adult = smallModel(12, (item) =>
      item.itemId === 'item-1' ? { ...item, isAdult: true } : item,
    );
    expect(everything({ model: adult })).not.toContain('item-1');
    expect(everything({ model: adult, rules: { admitAdult: true } })).toContain('item-1');
  });

  it('leave out what has no image where the placement wants one, and what has no title anywhere', () => {
    const bare = smallModel(12, (item) => ({
      ...item,
      imageUrl: item.itemId === 'item-1' ? '' : item.imageUrl,
      title: item.itemId === 'item-2' ? '' : item.title,
    }));
    expect(everything({ model: bare, rules: { onlyWithImage: true } })).not.toContain('item-1');
    expect(everything({ model: bare })).toContain('item-1');
    expect(everything({ model: bare })).not.toContain('item-2');
  });

  it('cap a category while there is anything else, and no longer', () => {
    const two = smallModel(12, (item) => ({
      ...item,
      category: Number(item.itemId.slice(5)) < 8 ? 'mugs' : 'bowls',
    }));
    const answer = ranked({
      model: { ...two, trending: new Float32Array(12) },
      limit: 10,
      rules: { categoryItemsMax: 3 },
    });
    const categories = answer.items.map(({ item }) => item.category);
    expect(categories.slice(0, 6).filter((category) => category === 'mugs')).toHaveLength(3);
    expect(answer.items.every(({ source }) => source === 'popular')).toBe(true);
    expect(answer.ids).toHaveLength(10);
  });
});
