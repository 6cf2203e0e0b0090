import type { Item } from '../../core/catalogue/item.ts';
import { type InteractionKind, interactionKinds } from '../../core/profile/profile.ts';
import type { TrainingData } from '../../core/training/fit.ts';
import type { ModelParameters } from '../../core/training/model.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';

export interface Deed {
  readonly customer: number;
  readonly item: number;
  readonly kind?: InteractionKind;
  readonly timeS: number;
}

/** 2026-01-01. */
export const START_S = 1_767_225_600;
export const DAY_S = 86_400;

export const plainParameters: ModelParameters = {
  userExponent: 0,
  sourceExponent: 0,
  targetExponent: 0,
  neighboursMax: 100,
  targetHalfLifeDays: 1e9,
  historyHalfLifeDays: 1e9,
  popularityExponent: 0,
  repeatBoost: 1,
};

export function itemNamed(itemId: string): Item {
  return {
    itemId,
    title: `Item ${itemId}`,
    price: 10,
    currency: 'GBP',
    url: `https://shop.example/${itemId}`,
    imageUrl: '',
    category: '',
    brand: '',
    available: true,
    updatedAtMs: 0,
  };
}

/** Columns from rows; items are named `i0`, `i1`, … */
export function trainingData(
  deeds: readonly Deed[],
  itemCount: number = Math.max(0, ...deeds.map((deed) => deed.item + 1)),
): TrainingData {
  return {
    interactions: {
      customers: Uint32Array.from(deeds, (deed) => deed.customer),
      items: Uint32Array.from(deeds, (deed) => deed.item),
      kinds: Uint8Array.from(deeds, (deed) => interactionKinds.indexOf(deed.kind ?? 'purchase')),
      timesS: Uint32Array.from(deeds, (deed) => deed.timeS),
      customerCount: Math.max(0, ...deeds.map((deed) => deed.customer + 1)),
      itemCount,
    },
    items: Array.from({ length: itemCount }, (_, index) => itemNamed(`i${index}`)),
  };
}

/**
 * Even customers buy even items and odd customers odd ones: what to recommend is obvious, and
 * popularity cannot know it. Every customer buys one item a day.
 */
export function checkerboard(options: {
  readonly customers: number;
  readonly items: number;
  readonly days: number;
  readonly seed: number;
}): TrainingData {
  const random = seededRandom(options.seed);
  const deeds: Deed[] = [];
  for (let day = 0; day < options.days; day++) {
    for (let customer = 0; customer < options.customers; customer++) {
      const item = 2 * Math.floor((random() * options.items) / 2) + (customer % 2);
      deeds.push({ customer, item, timeS: START_S + day * DAY_S + Math.floor(random() * 40_000) });
    }
  }
  return trainingData(deeds, options.items);
}
