import { RecentlyUsed } from '../../adapters/dynamodb/recently-used.ts';
import type { DerivedChanges } from '../../core/catalogue/derived-changes.ts';
import type { Item } from '../../core/catalogue/item.ts';
import { budgetsMs, within } from './time-budget.ts';

/** An item, with what has changed about it of late where the catalogue tells. */
type ReadItem = Item & { readonly changes?: DerivedChanges };

/** Reads items; those the catalogue doesn't have, or that could not be read under load, are missing. */
export type ReadItems = (
  itemIds: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, ReadItem>>;

export interface LiveItems {
  readonly items: ReadonlyMap<string, Item>;
  /** What has changed about those of them whose rows tell. */
  readonly changes?: ReadonlyMap<string, DerivedChanges>;
  /** False when the catalogue could not be read in time: the model's own copy has to do. */
  readonly isRead: boolean;
  /** Whether every item was found. One that was not may be on its way: enrichment writes it apart. */
  readonly isComplete: boolean;
}

/** A new price or a sold-out item shows after at most this long. */
const FRESH_MS = 60_000;
/** Twice as many are kept at most, a few megabytes; the items that a shop's emails show at any time are far fewer. */
const HALF_COUNT_MAX = 2_500;

/**
 * The catalogue's present word on items, which the model's copy lacks since it was trained. What is
 * popular is shown to everybody, so a minute's memory answers nearly all reads.
 */
export class LiveCatalogue {
  readonly #read: ReadItems;
  readonly #idsMax: number;
  readonly #budgetMs: number;
  readonly #entries = new RecentlyUsed<{ readonly item: ReadItem; readonly atMs: number }>(
    HALF_COUNT_MAX,
  );

  constructor(read: ReadItems, idsMax: number, budgetMs: number = budgetsMs.catalogue) {
    this.#read = read;
    this.#idsMax = idsMax;
    this.#budgetMs = budgetMs;
  }

  /** The items of these ids, the first the most important; what is beyond one read waits for the next. */
  async itemsOf(itemIds: readonly string[]): Promise<LiveItems> {
    const sinceMs = Date.now() - FRESH_MS;
    const missing = [...new Set(itemIds)]
      .filter((id) => (this.#entries.get(id)?.atMs ?? 0) < sinceMs)
      .slice(0, this.#idsMax);
    const isRead = missing.length === 0 || (await this.#fetch(missing));
    const items = new Map<string, Item>();
    const changes = new Map<string, DerivedChanges>();
    for (const id of itemIds) {
      const item = this.#entries.get(id)?.item;
      if (item === undefined) continue;
      items.set(id, item);
      if (item.changes !== undefined) changes.set(id, item.changes);
    }
    return { items, changes, isRead, isComplete: itemIds.every((id) => items.has(id)) };
  }

  async #fetch(itemIds: readonly string[]): Promise<boolean> {
    const read = await within(this.#budgetMs, (signal) => this.#read(itemIds, signal));
    if (!read.ok) return false;
    const atMs = Date.now();
    for (const [id, item] of read.value) this.#entries.set(id, { item, atMs });
    return true;
  }
}
