import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';

/** A catalogue of most shops, in two halves; 10,000 entries are about 15 MB of a function's memory. */
const HALF_ENTRIES_MAX = 5_000;

/**
 * Entries as this process last saw them. Those that were not asked for since as many others were are
 * dropped: a half that is full becomes the older one, and the older one goes. It only spares reads
 * and writes that would change nothing: every write is checked against the version in the store.
 */
export class EntryCache {
  #young = new Map<string, CatalogueEntry>();
  #old = new Map<string, CatalogueEntry>();

  get(itemId: string): CatalogueEntry | undefined {
    const young = this.#young.get(itemId);
    if (young !== undefined) return young;
    const old = this.#old.get(itemId);
    if (old !== undefined) this.set(old);
    return old;
  }

  set(entry: CatalogueEntry): void {
    this.#young.set(entry.itemId, entry);
    if (this.#young.size < HALF_ENTRIES_MAX) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
