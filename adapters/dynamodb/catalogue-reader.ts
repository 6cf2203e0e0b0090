import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type DerivedChanges, derivedOf } from '../../core/catalogue/derived-changes.ts';
import { type Item, item } from '../../core/catalogue/item.ts';
import { entryFromStored } from '../../core/catalogue/stored-entry.ts';
import type { ReadableTable } from './item-reads.ts';

/** DynamoDB's limit of one BatchGetItem. */
export const ITEMS_PER_READ_MAX = 100;

/** An item with what has changed about it of late, where its row tells. */
export type ReadItem = Item & { readonly changes?: DerivedChanges };

/**
 * The items of these ids that the catalogue has, by id; at most ITEMS_PER_READ_MAX ids. Eventually
 * consistent, at half the price: a product's text may be a second old. Keys that DynamoDB left unread
 * under load are missing, as are those it doesn't have.
 * @throws when DynamoDB fails.
 */
export async function readItems(
  { reads, table }: ReadableTable,
  itemIds: readonly string[],
  abortSignal: AbortSignal,
  nowMs: number,
): Promise<ReadonlyMap<string, ReadItem>> {
  const answer = await reads.batchGetItem(
    { RequestItems: { [table]: { Keys: itemIds.map((itemId) => marshall({ itemId })) } } },
    { abortSignal },
  );
  const items = new Map<string, ReadItem>();
  for (const stored of answer.Responses?.[table] ?? []) {
    const row = unmarshall(stored);
    const parsed = item.safeParse(row);
    // A row that is no item is as good as none: whoever asked goes on with what else it knows.
    if (!parsed.success) continue;
    const entry = entryFromStored(row, nowMs);
    items.set(parsed.data.itemId, {
      ...parsed.data,
      ...(entry !== undefined && { changes: derivedOf(entry, nowMs) }),
    });
  }
  return items;
}
