import type { FactSource } from './product-fact.ts';

/** Who said something last, and of when. */
export interface Stamp {
  readonly source: FactSource;
  readonly timeMs: number;
}

/** An item's fields that have no history: the latest statement of the strongest source counts. */
export const plainFields = ['title', 'url', 'imageUrl', 'category', 'brand', 'isAdult'] as const;
export type PlainField = (typeof plainFields)[number];
