import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import { feedFactOf } from '../../core/catalogue/feed-item.ts';
import { RowTally } from '../../core/mapping/row-tally.ts';
import { EntryCache } from '../enrich/entry-cache.ts';
import { writeFacts } from '../enrich/write-facts.ts';
import { type ChunkResult, itemLine } from './import-run.ts';

/** As many as are read from the catalogue in five requests. */
const BATCH_ITEMS_MAX = 500;

/** Not all of a chunk's items are durable; it is taken in again, and adds nothing to those that are. */
export class ItemsNotWrittenError extends Error {
  override readonly name = 'ItemsNotWrittenError';
}

/**
 * Writes a chunk's items into the catalogue. A row whose item was known to be so is a duplicate; one whose
 * item lies there in a form that this code doesn't know is set aside.
 * @throws ItemsNotWrittenError when the catalogue took not all of them by `deadlineMs`.
 */
export async function takeItems(
  text: string,
  store: CatalogueStore,
  deadlineMs: number,
): Promise<ChunkResult> {
  const tally = new RowTally();
  // Of this chunk alone: others write at the same time.
  const cache = new EntryCache();
  const lines = text.split('\n').filter((line) => line !== '');
  let acceptedItems = 0;
  for (let at = 0; at < lines.length; at += BATCH_ITEMS_MAX) {
    if (Date.now() > deadlineMs) throw new ItemsNotWrittenError('the time is up');
    const batch = lines
      .slice(at, at + BATCH_ITEMS_MAX)
      .map((line) => itemLine.parse(JSON.parse(line)));
    const facts = batch.map(({ item }) => feedFactOf(item));
    const report = await writeFacts(store, cache, facts);
    if (report.failedItemIds.length > 0) {
      throw new ItemsNotWrittenError(`${report.failedItemIds.length} items were not written`);
    }
    const written = new Set(report.writtenItemIds);
    const unreadable = new Set(report.unreadableItemIds);
    for (const { rows, item } of batch) {
      tally.rows += rows;
      if (written.has(item.itemId)) tally.accepted += rows;
      else if (!unreadable.has(item.itemId)) tally.duplicate += rows;
      else if (rows > 0) tally.quarantine('the stored item has an unknown form', rows);
    }
    acceptedItems += written.size;
  }
  return {
    counts: tally.counts,
    acceptedEvents: acceptedItems,
    quarantinedEvents: 0,
    marks: '',
  };
}
