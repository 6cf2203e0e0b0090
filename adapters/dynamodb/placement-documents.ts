import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { PLACEMENT_KIND, type Placement, placementConfig } from '../../core/ranking/placement.ts';
import { queriedItems, type ReadableTable } from './item-reads.ts';
import { putOverVersion } from './put-over-version.ts';

/** The table of configuration (CONFIG_TABLE), for whoever writes. */
export interface PlacementTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export interface StoredPlacements {
  readonly documents: ReadonlyMap<string, Placement>;
  /** Ids of documents that are not in a form that this release reads. */
  readonly malformed: readonly string[];
}

/** Every document that operators wrote. One that can't be read spoils no other. */
export async function readPlacements(
  { reads, table }: ReadableTable,
  abortSignal?: AbortSignal,
): Promise<StoredPlacements> {
  const documents = new Map<string, Placement>();
  const malformed: string[] = [];
  const query = {
    TableName: table,
    KeyConditionExpression: '#kind = :kind',
    ExpressionAttributeNames: { '#kind': 'kind' },
    ExpressionAttributeValues: { ':kind': { S: PLACEMENT_KIND } },
  };
  for await (const row of queriedItems(reads, query, { abortSignal })) {
    const id = row.id?.S ?? '';
    const parsed = placementConfig.safeParse(unmarshall(row));
    if (parsed.success && parsed.data.id === id) documents.set(id, parsed.data);
    else malformed.push(id);
  }
  return { documents, malformed };
}

/** The document as operators wrote it last; undefined where they never did. @throws ZodError */
export async function readPlacement(
  { reads, table }: ReadableTable,
  id: string,
): Promise<Placement | undefined> {
  const { Item } = await reads.getItem({
    TableName: table,
    Key: keyOf(id),
    ConsistentRead: true,
  });
  return Item === undefined ? undefined : placementConfig.parse(unmarshall(Item));
}

/**
 * Writes a document over the one of the version that was seen; undefined: none was stored. False where another
 * one stands there by now.
 */
export function writePlacement(
  table: PlacementTable,
  document: Placement,
  seenVersion: number | undefined,
): Promise<boolean> {
  const item = {
    ...keyOf(document.id),
    version: { N: String(document.version) },
    text: { S: JSON.stringify(document) },
  };
  return putOverVersion(table, item, seenVersion);
}

function keyOf(id: string) {
  return { kind: { S: PLACEMENT_KIND }, id: { S: id } };
}
