import { unmarshall } from '@aws-sdk/util-dynamodb';
import { readBatch } from '../../adapters/dynamodb/batch-read.ts';
import type { CatalogueTable } from '../../adapters/dynamodb/catalogue-scan.ts';
import { type Item, item } from '../../core/catalogue/item.ts';
import type { LiveItems } from '../api/live-catalogue.ts';

/**
 * The catalogue's word on items for a step of an export. An item is read once; nobody waits, so a read that fails is
 * repeated, and in the end fails the step, where a request goes on without.
 */
export class ExportedCatalogue {
  readonly #table: CatalogueTable;
  readonly #known = new Map<string, Item | undefined>();

  constructor(table: CatalogueTable) {
    this.#table = table;
  }

  async itemsOf(itemIds: readonly string[]): Promise<LiveItems> {
    const missing = itemIds.filter((id) => !this.#known.has(id));
    if (missing.length > 0) await this.#read(missing);
    const items = new Map<string, Item>();
    for (const id of itemIds) {
      const found = this.#known.get(id);
      if (found !== undefined) items.set(id, found);
    }
    return { items, isRead: true, isComplete: itemIds.every((id) => items.has(id)) };
  }

  async #read(itemIds: readonly string[]): Promise<void> {
    for (const id of itemIds) this.#known.set(id, undefined);
    const { client, table } = this.#table;
    const keys = { table, keyName: 'itemId', keys: itemIds, isConsistent: false };
    for (const stored of await readBatch(client, keys)) {
      const parsed = item.safeParse(unmarshall(stored));
      if (parsed.success) this.#known.set(parsed.data.itemId, parsed.data);
    }
  }
}
