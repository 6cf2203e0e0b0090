import type { Item } from '../../core/catalogue/item.ts';
import { interactionKinds } from '../../core/profile/profile.ts';
import { ItemPositions } from '../../core/training/item-positions.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';

/** The size that the figures are promised for. */
export const ITEMS = 100_000;
export const NEIGHBOURS = 50;
export const RECENT_EVENTS = 50;

export const NOW_MS = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
/** Forty brands to each of thirty categories. */
const CATEGORIES = 30;
const BRANDS = 1_200;

/**
 * A model whose neighbours are drawn at random, all over the catalogue: the worst there is for a processor's
 * caches, where a shop's own neighbours lie together and repeat.
 */
export function madeUpModel(itemCount = ITEMS): Model {
  const random = seededRandom(1);
  const items = Array.from({ length: itemCount }, (_, index) => itemNumber(index));
  const offsets = Uint32Array.from({ length: itemCount + 1 }, (_, source) => source * NEIGHBOURS);
  const indices = Uint32Array.from({ length: itemCount * NEIGHBOURS }, () =>
    Math.floor(random() * itemCount),
  );
  const scores = Float32Array.from({ length: itemCount * NEIGHBOURS }, () => 0.01 + random());
  return {
    id: '2026-11-23T02:00:00Z-3f9a',
    asOfMs: NOW_MS - HOUR_MS,
    parameters: {
      userExponent: 0.5,
      sourceExponent: 0.5,
      targetExponent: 0.5,
      neighboursMax: NEIGHBOURS,
      targetHalfLifeDays: 60,
      historyHalfLifeDays: 30,
      popularityExponent: 0,
      repeatBoost: 0.5,
    },
    items,
    indexOf: ItemPositions.of(items.map(({ itemId }) => itemId)),
    neighbours: { offsets, indices, scores },
    popular: Float32Array.from({ length: itemCount }, () => random()),
    trending: Float32Array.from({ length: itemCount }, () => random() - 0.5),
  };
}

/** What one customer did, newest first: another item each time, hour by hour, with another draw for each customer. */
export function madeUpHistory(customer: number, itemCount = ITEMS): HistoryEntry[] {
  const random = seededRandom(1_000 + customer);
  return Array.from({ length: RECENT_EVENTS }, (_, place) => ({
    itemId: itemId(Math.floor(random() * itemCount)),
    kind: interactionKinds[Math.floor(random() * interactionKinds.length)] ?? 'view',
    timeMs: NOW_MS - (place + 1) * HOUR_MS,
  }));
}

export function itemNumber(index: number): Item {
  return {
    itemId: itemId(index),
    title: `Wooden toy number ${index}`,
    price: 5 + (index % 200),
    currency: 'GBP',
    url: `https://shop.example/products/${index}`,
    imageUrl: `https://shop.example/images/${index}.png`,
    category: `Category ${index % CATEGORIES}`,
    brand: `Brand ${index % BRANDS}`,
    available: true,
    updatedAtMs: NOW_MS - HOUR_MS,
  };
}

function itemId(index: number): string {
  return `sku-${index}`;
}
