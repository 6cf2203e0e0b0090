import { SourceUnavailableError } from '../../adapters/sources/connector.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import type { ProductFact } from '../../core/catalogue/product-fact.ts';
import { EntryCache } from '../enrich/entry-cache.ts';
import { writeFacts } from '../enrich/write-facts.ts';

/**
 * Writes a page's products into the catalogue. The page is not done before they are durable; taken again
 * they change nothing, and an older record never overwrites a newer one.
 */
export function takeProductsBy(
  store: CatalogueStore,
  /** Items that are left alone, as what is stored has an unknown form. */
  onUnreadable: (itemCount: number) => void,
): (products: readonly ProductFact[]) => Promise<void> {
  // Of this run alone: between runs others write.
  const cache = new EntryCache();
  return async (products) => {
    const { failedItemIds, unreadableItemIds } = await writeFacts(store, cache, products);
    if (unreadableItemIds.length > 0) onUnreadable(unreadableItemIds.length);
    if (failedItemIds.length === 0) return;
    throw new SourceUnavailableError(
      'The catalogue took not all of the products: the next run goes on.',
    );
  };
}
