import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import { isNews, isRepetition } from '../../core/catalogue/item-news.ts';
import {
  factsOf,
  factTimeMs,
  type ProductFact,
  pageProductOf,
} from '../../core/catalogue/product-fact.ts';
import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import type { EntryCache } from './entry-cache.ts';
import { writeFacts } from './write-facts.ts';

/** What became of a batch's facts. */
export interface CatalogueReport {
  /** Events whose facts are not durable; applying them again is harmless. */
  readonly failed: readonly DeliveredEvent[];
  readonly errors: readonly unknown[];
  /** Items left alone because what is stored has an unknown form. */
  readonly unreadableCount: number;
}

/**
 * Brings what the batch says about items into the catalogue, one write per item that changes. Events
 * that were folded before count too: the process may have ended between profile and catalogue.
 */
export async function updateCatalogue(
  store: CatalogueStore,
  cache: EntryCache,
  deliveries: readonly DeliveredEvent[],
): Promise<CatalogueReport> {
  const facts: ProductFact[] = [];
  const eventsByItem = new Map<string, DeliveredEvent[]>();
  for (const delivered of deliveries) {
    if (isOnlyRepeated(cache, delivered)) continue;
    for (const fact of factsOf(delivered.event)) {
      // Nearly all that pages say is known; it is left here, before anything is made of it.
      const known = cache.get(fact.itemId);
      if (known !== undefined && !isNews(known, fact)) continue;
      facts.push(fact);
      append(eventsByItem, fact.itemId, delivered);
    }
  }
  if (facts.length === 0) return nothingToDo;
  const { failedItemIds, errors, unreadableItemIds } = await writeFacts(store, cache, facts);
  return {
    failed: [...new Set(failedItemIds.flatMap((itemId) => eventsByItem.get(itemId) ?? []))],
    errors,
    unreadableCount: unreadableItemIds.length,
  };
}

/** Whether the event is one of the many that repeat what their page says of a product that is known here. */
function isOnlyRepeated(cache: EntryCache, { event }: DeliveredEvent): boolean {
  const product = pageProductOf(event);
  const itemId = product?.product_id;
  if (product === undefined || typeof itemId !== 'string') return false;
  const known = cache.get(itemId);
  return known !== undefined && isRepetition(known, product, factTimeMs(event));
}

const nothingToDo: CatalogueReport = { failed: [], errors: [], unreadableCount: 0 };

function append<T>(lists: Map<string, T[]>, key: string, element: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [element]);
  else list.push(element);
}
