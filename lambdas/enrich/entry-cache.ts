import { RecentlyUsed } from '../../adapters/dynamodb/recently-used.ts';
import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';

/** A catalogue of most shops, in two halves; 10,000 entries are about 15 MB of a function's memory. */
const HALF_ENTRIES_MAX = 5_000;

/**
 * Entries as this process last saw them. It only spares reads and writes that would change nothing: every
 * write is checked against the version in the store.
 */
export class EntryCache {
  readonly #entries = new RecentlyUsed<CatalogueEntry>(HALF_ENTRIES_MAX);

  get(itemId: string): CatalogueEntry | undefined {
    return this.#entries.get(itemId);
  }

  set(entry: CatalogueEntry): void {
    this.#entries.set(entry.itemId, entry);
  }
}
