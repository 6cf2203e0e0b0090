import { applyFacts } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import type { ProductFact } from '../../core/catalogue/product-fact.ts';
import type { EntryCache } from './entry-cache.ts';
import { inParallel } from './parallel.ts';

/** Writes in flight at once; profiles have as many, and the client's connections are 50. */
const WRITES_IN_FLIGHT_MAX = 16;

/** Another writer can change the same item in between; whoever brought the facts brings them again. */
const ATTEMPTS_MAX = 4;

/** What became of facts. */
export interface FactsReport {
  /** Items whose facts are not durable; applying them again is harmless. */
  readonly failedItemIds: readonly string[];
  readonly errors: readonly unknown[];
  /** Items of which something was written; the others were known to be so. */
  readonly writtenItemIds: readonly string[];
  /** Items left alone because what is stored has an unknown form. */
  readonly unreadableItemIds: readonly string[];
}

type ItemOutcome =
  | { readonly kind: 'written' | 'known' | 'unreadable' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Brings facts into the catalogue, one write per item that changes. Never rejects. */
export async function writeFacts(
  store: CatalogueStore,
  cache: EntryCache,
  facts: readonly ProductFact[],
): Promise<FactsReport> {
  const factsByItem = Map.groupBy(facts, ({ itemId }) => itemId);
  const items = [...factsByItem];
  try {
    await refreshCache(store, cache, items);
  } catch (error) {
    const failedItemIds = [...factsByItem.keys()];
    return { failedItemIds, errors: [error], writtenItemIds: [], unreadableItemIds: [] };
  }
  const outcomes = await inParallel(items, WRITES_IN_FLIGHT_MAX, async ([itemId, itsFacts]) => ({
    itemId,
    outcome: await updateItem(store, cache, itemId, itsFacts),
  }));
  const having = (kind: ItemOutcome['kind']) =>
    outcomes.flatMap(({ itemId, outcome }) => (outcome.kind === kind ? [itemId] : []));
  return {
    failedItemIds: having('failed'),
    errors: outcomes.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.error] : [])),
    writtenItemIds: having('written'),
    unreadableItemIds: having('unreadable'),
  };
}

/**
 * Reads, in batches, the entries that are unknown here and those that look due for a write: another
 * process has often made it already, and a read costs a tenth of a write refused.
 */
async function refreshCache(
  store: CatalogueStore,
  cache: EntryCache,
  items: readonly (readonly [string, readonly ProductFact[]])[],
): Promise<void> {
  const wanted = items
    .filter(([itemId, facts]) => applyFacts(cache.get(itemId), facts) !== undefined)
    .map(([itemId]) => itemId);
  if (wanted.length === 0) return;
  for (const entry of (await store.readEntries(wanted, false)).values()) {
    if (entry !== 'unreadable') cache.set(entry);
  }
}

/** Never rejects: one item that fails must not hide what became of the others. */
async function updateItem(
  store: CatalogueStore,
  cache: EntryCache,
  itemId: string,
  facts: readonly ProductFact[],
): Promise<ItemOutcome> {
  let known = cache.get(itemId);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const entry = applyFacts(known, facts);
      if (entry === undefined) return { kind: 'known' };
      if ((await store.writeEntry(entry)) === 'written') {
        cache.set(entry);
        return { kind: 'written' };
      }
      const stored = (await store.readEntries([itemId], true)).get(itemId);
      if (stored === 'unreadable') return { kind: 'unreadable' };
      known = stored;
      if (known !== undefined) cache.set(known);
    }
  } catch (error) {
    return { kind: 'failed', error };
  }
  return { kind: 'failed', error: new ItemContendedError() };
}

class ItemContendedError extends Error {
  override readonly name = 'ItemContendedError';
  override readonly message = `an item changed ${ATTEMPTS_MAX} times while it was written`;
}
