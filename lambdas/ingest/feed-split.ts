import * as z from 'zod';
import { itemIdOf, readFeedItem, removalOf } from '../../core/catalogue/feed-item.ts';
import {
  type FeedRemovals,
  type KnownFeed,
  removalsOf,
} from '../../core/catalogue/feed-removals.ts';
import type { RowGroup } from '../../core/mapping/group-rows.ts';
import type { Fields } from '../../core/mapping/interpret-row.ts';
import type { ItemMapping } from '../../core/mapping/mapping.ts';
import { type FeedReport, ImportRefused } from './import-run.ts';

/** Ids that are held in memory while a file is read: some 200 MB. */
const ITEMS_MAX = 1_000_000;

/** What a step that reads a file of items leaves to the next. */
export const feedProgress = z.object({
  itemIds: z.array(z.string()),
  unnamedRows: z.int().nonnegative(),
});
export type FeedProgress = z.infer<typeof feedProgress>;

export type TakenItem =
  /** A line of a chunk. */
  | { readonly kind: 'item'; readonly line: string }
  /** Another row of the file had its id. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly reason: string };

/** The rows of a file of items, as they become lines of chunks; and at its end what a full feed takes away. */
export class FeedSplit {
  readonly #mapping: ItemMapping;
  /** The time of what the file says. */
  readonly feedMs: number;
  readonly #before: KnownFeed | undefined;
  readonly #itemIds: Set<string>;
  #unnamedRows: number;
  #removals: FeedRemovals | undefined;

  constructor(options: {
    readonly mapping: ItemMapping;
    readonly droppedAtMs: number;
    /** The last full feed of the source. */
    readonly before: KnownFeed | undefined;
    readonly progress: FeedProgress | undefined;
  }) {
    this.#mapping = options.mapping;
    this.#before = options.before;
    this.feedMs = feedTimeMs(options.droppedAtMs, options.before);
    this.#itemIds = new Set(options.progress?.itemIds);
    this.#unnamedRows = options.progress?.unnamedRows ?? 0;
  }

  /** @param readable What could be read of the group's first row. */
  take(group: RowGroup, readable: Fields): TakenItem {
    // A row that can't be used is in the feed all the same: its item is not missing.
    const itemId = itemIdOf(this.#mapping, readable);
    if (itemId === undefined) this.#unnamedRows += group.rows.length;
    if (group.refusedBecause !== undefined) {
      if (itemId !== undefined) this.#itemIds.add(itemId);
      return { kind: 'refused', reason: group.refusedBecause };
    }
    if (itemId !== undefined && this.#itemIds.has(itemId)) return { kind: 'duplicate' };
    if (itemId !== undefined) this.#itemIds.add(itemId);
    if (this.#itemIds.size > ITEMS_MAX) {
      throw new ImportRefused(`The file has more than ${ITEMS_MAX} items. Divide it.`);
    }
    const reading = readFeedItem(this.#mapping, group.lines, this.feedMs);
    if (reading.kind === 'refused') return reading;
    return { kind: 'item', line: lineOf(group.rows.length, reading.item) };
  }

  /** After the last row: the items that are gone, and what is to be told of it. */
  finish(): { readonly lines: readonly string[]; readonly report: FeedReport } {
    const items = this.#itemIds.size;
    if (!this.#mapping.isFull) return { lines: [], report: { items, removed: 0 } };
    const { removed, heldBack } = this.removals();
    return {
      lines: removed.map((itemId) => lineOf(0, removalOf(itemId, this.feedMs))),
      report: { items, removed: removed.length, ...(heldBack && { heldBack: { ...heldBack } }) },
    };
  }

  removals(): FeedRemovals {
    this.#removals ??= removalsOf(
      this.#before,
      { droppedAtMs: this.feedMs, itemIds: this.#itemIds, unnamedRows: this.#unnamedRows },
      this.#mapping.removedShareMax,
    );
    return this.#removals;
  }

  get progress(): FeedProgress {
    return { itemIds: [...this.#itemIds], unnamedRows: this.#unnamedRows };
  }
}

/** S3 tells whole seconds: of two feeds within one, the one that is read later is the later one. */
function feedTimeMs(droppedAtMs: number, before: KnownFeed | undefined): number {
  const secondOf = (timeMs: number) => Math.floor(timeMs / 1000);
  const isSame = before !== undefined && secondOf(before.droppedAtMs) === secondOf(droppedAtMs);
  return isSame ? before.droppedAtMs + 1 : droppedAtMs;
}

function lineOf(rows: number, item: object): string {
  return `${JSON.stringify({ rows, item })}\n`;
}
