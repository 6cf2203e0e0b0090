import { applyFacts } from '../../core/catalogue/catalogue-entry.ts';
import type { CatalogueStore } from '../../core/catalogue/catalogue-store.ts';
import { combineFacts, factsOf, type ProductFact } from '../../core/catalogue/product-fact.ts';
import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import type { EntryCache } from './entry-cache.ts';
import { inParallel } from './parallel.ts';

/** Writes in flight at once; profiles have as many, and the client's connections are 50. */
const WRITES_IN_FLIGHT_MAX = 16;

/** Another consumer can write the same item in between; the stream's redelivery comes after. */
const ATTEMPTS_MAX = 4;

/** What became of a batch's facts. */
export interface CatalogueReport {
  /** Events whose facts are not durable; applying them again is harmless. */
  readonly failed: readonly DeliveredEvent[];
  readonly errors: readonly unknown[];
  /** Items left alone because what is stored has an unknown form. */
  readonly unreadableCount: number;
}

type ItemOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Brings what the batch says about items into the catalogue, one write per item that changes. Events
 * that were folded before count too: the process may have ended between profile and catalogue.
 */
export async function updateCatalogue(
  store: CatalogueStore,
  cache: EntryCache,
  deliveries: readonly DeliveredEvent[],
): Promise<CatalogueReport> {
  const factsByItem = new Map<string, ProductFact[]>();
  const eventsByItem = new Map<string, DeliveredEvent[]>();
  for (const delivered of deliveries) {
    for (const fact of factsOf(delivered.event)) {
      append(factsByItem, fact.itemId, fact);
      append(eventsByItem, fact.itemId, delivered);
    }
  }
  try {
    await fillCache(store, cache, [...factsByItem.keys()]);
  } catch (error) {
    const failed = [...new Set([...eventsByItem.values()].flat())];
    return { failed, errors: [error], unreadableCount: 0 };
  }
  const outcomes = await inParallel(
    [...factsByItem],
    WRITES_IN_FLIGHT_MAX,
    async ([itemId, facts]) => ({
      events: eventsByItem.get(itemId) ?? [],
      outcome: await updateItem(store, cache, itemId, combineFacts(facts)),
    }),
  );
  const failed = outcomes.filter(({ outcome }) => outcome.kind === 'failed');
  return {
    failed: [...new Set(failed.flatMap(({ events }) => events))],
    errors: outcomes.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.error] : [])),
    unreadableCount: outcomes.filter(({ outcome }) => outcome.kind === 'unreadable').length,
  };
}

async function fillCache(
  store: CatalogueStore,
  cache: EntryCache,
  itemIds: readonly string[],
): Promise<void> {
  const unknown = itemIds.filter((itemId) => cache.get(itemId) === undefined);
  if (unknown.length === 0) return;
  for (const entry of (await store.readEntries(unknown, false)).values()) {
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
      if (entry === undefined) return { kind: 'done' };
      if ((await store.writeEntry(entry)) === 'written') {
        cache.set(entry);
        return { kind: 'done' };
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

function append<T>(lists: Map<string, T[]>, key: string, element: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [element]);
  else list.push(element);
}
