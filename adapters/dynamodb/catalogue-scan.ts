import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Item, item } from '../../core/catalogue/item.ts';

export interface CatalogueTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export interface ScannedCatalogue {
  readonly items: readonly Item[];
  /** Entries that are not items. */
  readonly malformed: number;
}

/** The whole catalogue, page by page. */
export async function scanCatalogue({ client, table }: CatalogueTable): Promise<ScannedCatalogue> {
  const items: Item[] = [];
  let malformed = 0;
  for await (const page of paginateScan({ client }, { TableName: table })) {
    for (const entry of page.Items ?? []) {
      const parsed = item.safeParse(unmarshall(entry));
      if (parsed.success) items.push(parsed.data);
      else malformed++;
    }
  }
  return { items, malformed };
}
