import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type ChangedItems, ChangedItemsList } from '../../core/catalogue/changed-items.ts';
import { type Item, item } from '../../core/catalogue/item.ts';
import { entryFromStored } from '../../core/catalogue/stored-entry.ts';

export interface CatalogueTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export interface ScannedCatalogue {
  readonly items: readonly Item[];
  /** Entries that are not items. */
  readonly malformed: number;
  /** Items by what has changed about them of late. */
  readonly changes: ChangedItems;
}

/** The whole catalogue, page by page. */
export async function scanCatalogue(
  { client, table }: CatalogueTable,
  nowMs: number,
): Promise<ScannedCatalogue> {
  const items: Item[] = [];
  const changes = new ChangedItemsList(nowMs);
  let malformed = 0;
  for await (const page of paginateScan({ client }, { TableName: table })) {
    for (const row of page.Items ?? []) {
      const stored = unmarshall(row);
      const parsed = item.safeParse(stored);
      if (parsed.success) items.push(parsed.data);
      else malformed++;
      const entry = entryFromStored(stored, nowMs);
      if (entry !== undefined) changes.add(entry);
    }
  }
  return { items, malformed, changes: changes.lists };
}
