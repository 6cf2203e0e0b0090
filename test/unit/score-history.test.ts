import { describe, expect, it } from 'vitest';
import { ItemPositions } from '../../core/training/item-positions.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { explain, latestDistinct, scoreHistory } from '../../core/training/score.ts';
import { itemNamed, plainParameters } from '../training/training-data.ts';

const NOW_MS = Date.parse('2026-11-23T00:00:00Z');
const DAY_MS = 86_400_000;

/** mug → mug 4, plate 2; plate → mug 1, bowl 3; bowl → nothing. */
function shop(parameters: Partial<Model['parameters']> = {}): Model {
  const items = ['mug', 'plate', 'bowl'].map(itemNamed);
  return {
    id: 'test',
    asOfMs: NOW_MS,
    parameters: { ...plainParameters, ...parameters },
    items,
    indexOf: ItemPositions.of(items.map(({ itemId }) => itemId)),
    neighbours: {
      offsets: new Uint32Array([0, 2, 4, 4]),
      indices: new Uint32Array([0, 1, 2, 0]),
      scores: new Float32Array([4, 2, 3, 1]),
    },
    popular: new Float32Array([3, 2, 1]),
    trending: new Float32Array([1, 2, 3]),
  };
}

function entry(itemId: string, kind: HistoryEntry['kind'], ageDays = 0): HistoryEntry {
  return { itemId, kind, timeMs: NOW_MS - ageDays * DAY_MS };
}

describe('scoring a history', () => {
  it('adds the neighbours of what the customer did, weighted by the kind', () => {
    const scores = scoreHistory(shop(), [entry('plate', 'view'), entry('mug', 'purchase')], NOW_MS);
    expect([...scores]).toEqual([1 + 5 * 4, 5 * 2, 3]);
  });

  it('halves an entry that is a half-life older than the newest', () => {
    const model = shop({ historyHalfLifeDays: 10 });
    const scores = scoreHistory(model, [entry('mug', 'view', 10), entry('plate', 'view')], NOW_MS);
    expect([...scores]).toEqual([0.5 * 4 + 1, 0.5 * 2, 3]);
  });

  it('still knows a customer who returns after fifteen years', () => {
    const model = shop({ historyHalfLifeDays: 7 });
    const scores = scoreHistory(model, [entry('mug', 'purchase', 15 * 365)], NOW_MS);
    expect([...scores]).toEqual([20, 10, 0]);
  });

  it('lifts what was bought by the repeat boost, once, and not what was only viewed', () => {
    const model = shop({ repeatBoost: 3 });
    const history = [entry('mug', 'purchase'), entry('mug', 'view'), entry('plate', 'view')];
    expect([...scoreHistory(model, history, NOW_MS)]).toEqual([3 * (20 + 4 + 1), 12, 3]);
  });

  it('ignores items that the model does not know, and removals from the cart', () => {
    const history = [entry('spoon', 'purchase'), entry('mug', 'uncart')];
    expect([...scoreHistory(shop(), history, NOW_MS)]).toEqual([0, 0, 0]);
  });

  it('gives zeroes for an empty history', () => {
    expect([...scoreHistory(shop(), [], NOW_MS)]).toEqual([0, 0, 0]);
  });

  it('does not let an entry from the future outweigh the others', () => {
    const model = shop({ historyHalfLifeDays: 1 });
    const history = [entry('mug', 'view', -1000), entry('plate', 'view')];
    expect([...scoreHistory(model, history, NOW_MS)]).toEqual([4 + 1, 2, 3]);
  });

  it('counts a repeated (item, kind) pair once, with its latest time', () => {
    const history = [entry('mug', 'view', 3), entry('mug', 'view', 1), entry('mug', 'cart', 2)];
    expect(latestDistinct(history)).toEqual([entry('mug', 'view', 1), entry('mug', 'cart', 2)]);
  });

  it('keeps as many entries as a profile does', () => {
    const history = Array.from({ length: 200 }, (_, age) => entry(`i${age}`, 'view', age));
    const kept = latestDistinct(history.toReversed());
    expect(kept).toHaveLength(128);
    expect(kept[0]).toEqual(entry('i0', 'view', 0));
    expect(kept.at(-1)).toEqual(entry('i127', 'view', 127));
  });
});

describe('explaining a score', () => {
  const history = [entry('mug', 'view'), entry('plate', 'purchase')];

  it('names the entry that contributed most', () => {
    expect(explain(shop(), history, 2, NOW_MS)).toEqual(history[1]);
    expect(explain(shop(), history, 1, NOW_MS)).toEqual(history[0]);
  });

  it('prefers another item to the item itself, though that contributed more', () => {
    const both = [entry('mug', 'purchase'), entry('plate', 'view')];
    expect(explain(shop(), both, 0, NOW_MS)).toEqual(both[1]);
    expect(explain(shop(), [entry('mug', 'view')], 0, NOW_MS)).toEqual(history[0]);
  });

  it('has no explanation where nothing contributed', () => {
    expect(explain(shop(), [entry('bowl', 'view')], 2, NOW_MS)).toBeUndefined();
  });
});
