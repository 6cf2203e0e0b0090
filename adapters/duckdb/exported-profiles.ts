import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { literals } from '../../core/quality/sql/sql-text.ts';
import { type SnapshotProfile, snapshotProfileOf } from '../../core/training/snapshot-profile.ts';
import type { StoredItem } from '../dynamodb/batch-read.ts';
import { coldKeyOf, isColdKey, storedProfileOf } from '../dynamodb/profile-item.ts';

/** DynamoDB's own bound of an item is 400 KB; its JSON is a little longer. */
const ITEM_BYTES_MAX = 1_048_576;

/** The attributes of profiles are texts and numbers; others don't concern training. */
const attribute = z.union([
  z.object({ S: z.string() }),
  z.object({ N: z.string() }),
  z.object({}).transform(() => ({ NULL: true as const })),
]);
const exportedItem = z.object({ Item: z.record(z.string(), attribute) });

/**
 * The profiles of an export's files. The two items of one lie in any of the files, so that they are sorted first;
 * what doesn't fit into memory goes to DuckDB's folder.
 */
export async function* exportedProfiles(
  connection: DuckDBConnection,
  paths: readonly string[],
): AsyncGenerator<SnapshotProfile> {
  if (paths.length === 0) return;
  const id = `json_extract_string(json, '$.Item.profileId.S')`;
  const result = await connection.stream(
    `SELECT json::VARCHAR FROM read_ndjson_objects([${literals(paths)}], maximum_object_size = ${ITEM_BYTES_MAX})
     ORDER BY regexp_replace(${id}, '^cold#', ''), starts_with(${id}, 'cold#')`,
  );
  let hot: StoredItem | undefined;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const text of chunk.getColumnValues(0)) {
      const item = itemOf(String(text));
      if (isColdKey(keyOf(item))) {
        const profile = hot && isOf(hot, item) ? profileOf(hot, item) : undefined;
        hot = undefined;
        if (profile !== undefined) yield profile;
        continue;
      }
      const profile = hot && profileOf(hot, undefined);
      hot = item;
      if (profile !== undefined) yield profile;
    }
  }
  const last = hot && profileOf(hot, undefined);
  if (last !== undefined) yield last;
}

function profileOf(hot: StoredItem, cold: StoredItem | undefined): SnapshotProfile | undefined {
  return snapshotProfileOf(storedProfileOf(hot, cold));
}

function isOf(hot: StoredItem, cold: StoredItem): boolean {
  return coldKeyOf(keyOf(hot)) === keyOf(cold);
}

function keyOf(item: StoredItem): string {
  return item.profileId?.S ?? '';
}

/** As the SDK gives an item. */
function itemOf(text: string): StoredItem {
  return exportedItem.parse(JSON.parse(text)).Item;
}
