import type { CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';

/** A catalogue of most shops; 10,000 entries are about 10 MB of a function's memory. */
const ENTRIES_MAX = 10_000;

/**
 * Entries as this process last saw them, the least recently used dropped first. It only spares reads
 * and writes that would change nothing: every write is checked against the version in the store.
 */
export class EntryCache {
  readonly #entries = new Map<string, CatalogueEntry>();

  get(itemId: string): CatalogueEntry | undefined {
    const entry = this.#entries.get(itemId);
    if (entry !== undefined) this.set(entry);
    return entry;
  }

  set(entry: CatalogueEntry): void {
    this.#entries.delete(entry.itemId);
    this.#entries.set(entry.itemId, entry);
    if (this.#entries.size <= ENTRIES_MAX) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
