import type { CatalogueEntry } from './catalogue-entry.ts';

/** What stands under an item's id; `unreadable` is not in a form that this code may overwrite. */
export type StoredEntry = CatalogueEntry | 'unreadable';

/** Where the catalogue is kept. Every method rejects when the store fails. */
export interface CatalogueStore {
  /** The entries that there are. `isConsistent` costs twice and sees the last write. */
  readEntries(
    itemIds: readonly string[],
    isConsistent: boolean,
  ): Promise<ReadonlyMap<string, StoredEntry>>;
  /** Writes the entry if its version is one above what stands there. */
  writeEntry(entry: CatalogueEntry): Promise<'written' | 'conflict'>;
}
