import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import type { Item } from '../../core/catalogue/item.ts';
import type { Placement, StaticContent } from '../../core/ranking/placement.ts';
import { ItemPositions } from '../../core/training/item-positions.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';

export const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
export const DAY_MS = 86_400_000;

export function itemNumber(index: number, changes: Partial<Item> = {}): Item {
  return {
    itemId: `item-${index}`,
    title: `Item ${index}`,
    price: 10 + index,
    currency: 'GBP',
    url: `https://shop.example/products/${index}`,
    imageUrl: `https://shop.example/images/${index}.png`,
    category: `category-${index % 6}`,
    brand: 'Brand',
    available: true,
    updatedAtMs: NOW_MS,
    ...changes,
  };
}

/**
 * A model over `count` items: each item's neighbours are the three that follow it, the nearest first;
 * popularity falls with the number; only the last three rise.
 */
export function smallModel(count: number, change: (item: Item) => Item = (item) => item): Model {
  const items = Array.from({ length: count }, (_, index) => change(itemNumber(index)));
  const span = Math.min(3, count - 1);
  const indices: number[] = [];
  const scores: number[] = [];
  const offsets = [0];
  for (let source = 0; source < count; source += 1) {
    for (let step = 1; step <= span; step += 1) {
      indices.push((source + step) % count);
      scores.push(1 / step);
    }
    offsets.push(indices.length);
  }
  return {
    id: '2026-11-23T02:00:00Z-3f9a',
    asOfMs: NOW_MS - DAY_MS / 2,
    parameters: {
      userExponent: 0.5,
      sourceExponent: 0.5,
      targetExponent: 0.5,
      neighboursMax: 3,
      targetHalfLifeDays: 60,
      historyHalfLifeDays: 30,
      popularityExponent: 0,
      repeatBoost: 1,
    },
    items,
    indexOf: ItemPositions.of(items.map(({ itemId }) => itemId)),
    neighbours: {
      offsets: Uint32Array.from(offsets),
      indices: Uint32Array.from(indices),
      scores: Float32Array.from(scores),
    },
    popular: Float32Array.from(items, (_, index) => count - index),
    trending: Float32Array.from(items, (_, index) => (index >= count - 3 ? 1 + index : 0)),
    facts: {
      repurchaseDays: new Float32Array(count),
      newOnDay: new Float32Array(count),
      backOnDay: new Float32Array(count),
      reducedOnDay: new Float32Array(count),
    },
  };
}

export function did(kind: HistoryEntry['kind'], index: number, daysAgo = 1): HistoryEntry {
  return { itemId: `item-${index}`, kind, timeMs: NOW_MS - daysAgo * DAY_MS };
}

export function placementNamed(id: string): { placement: Placement; content: StaticContent } {
  const placement = bundledPlacements.find(id);
  if (placement === undefined) throw new Error(`no placement ${id}`);
  return { placement, content: bundledPlacements.contentOf(placement) };
}
