import * as z from 'zod';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { type BackInStock, derivedOf, type PriceDrop } from './derived-changes.ts';

/** Lists are for emails: more than these nobody is shown, and the newest matter. */
const ITEMS_MAX = 10_000;

/** Items by what has changed about them, the latest change first; only those that can be bought now. */
export const changedItems = z.object({
  backInStock: z.array(z.object({ itemId: z.string(), sinceMs: z.number(), outDays: z.number() })),
  priceDrops: z.array(
    z.object({
      itemId: z.string(),
      currency: z.string(),
      price: z.number(),
      previousPrice: z.number(),
      // JSON has no infinity, which is what nothing is known of before stands for.
      priorPrice: z.number().nullable(),
      isReduction: z.boolean(),
      sinceMs: z.number(),
    }),
  ),
  newArrivals: z.array(z.object({ itemId: z.string(), sinceMs: z.number() })),
});
export interface ChangedItems {
  readonly backInStock: readonly (BackInStock & { readonly itemId: string })[];
  readonly priceDrops: readonly (Pick<PriceDrop, 'sinceMs' | 'isReduction'> & {
    readonly itemId: string;
  })[];
  readonly newArrivals: readonly { readonly itemId: string; readonly sinceMs: number }[];
}

/** Collects them from one pass over the catalogue, which the snapshot makes anyway. */
export class ChangedItemsList {
  readonly #nowMs: number;
  readonly #backInStock: (BackInStock & { itemId: string })[] = [];
  readonly #priceDrops: (PriceDrop & { itemId: string })[] = [];
  readonly #newArrivals: { itemId: string; sinceMs: number }[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  add(entry: CatalogueEntry): void {
    const { itemId, available } = entry;
    if (!available) return;
    const { newSinceMs, backInStock, priceDrops } = derivedOf(entry, this.#nowMs);
    if (newSinceMs !== undefined) this.#newArrivals.push({ itemId, sinceMs: newSinceMs });
    if (backInStock !== undefined) this.#backInStock.push({ itemId, ...backInStock });
    for (const drop of priceDrops) this.#priceDrops.push({ itemId, ...drop });
  }

  get lists(): ChangedItems {
    return {
      backInStock: latestFirst(this.#backInStock),
      priceDrops: latestFirst(this.#priceDrops),
      newArrivals: latestFirst(this.#newArrivals),
    };
  }
}

function latestFirst<T extends { readonly itemId: string; readonly sinceMs: number }>(
  changes: readonly T[],
): readonly T[] {
  return changes
    .toSorted((a, b) => b.sinceMs - a.sinceMs || (a.itemId < b.itemId ? -1 : 1))
    .slice(0, ITEMS_MAX);
}
