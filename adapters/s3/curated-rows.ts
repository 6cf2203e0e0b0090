import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import * as z from 'zod';
import type { ColumnType } from '../../core/quality/curated-events.ts';
import type { ColumnData } from '../../core/quality/curated-part.ts';
import { type CuratedStore, putPart } from './curated-store.ts';
import { ObjectChangedError } from './text-objects.ts';

/** A curated file in memory: some tens of megabytes, as compaction made it. */
export interface CuratedFile {
  readonly key: string;
  readonly etag: string;
  readonly bytes: ArrayBuffer;
}

const cell = z.union([z.string(), z.number(), z.date(), z.null(), z.undefined()]);
const rows = z.array(z.record(z.string(), cell));
export type CuratedRow = z.infer<typeof rows>[number];

/** The file, undefined where there is none. */
export async function readCurated(
  { client, bucket }: CuratedStore,
  key: string,
): Promise<CuratedFile | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    return { key, etag: answer.ETag ?? '', bytes: new Uint8Array(bytes).buffer };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Its rows, of the named columns or of all. */
export async function rowsOf({ bytes }: CuratedFile, columns?: string[]): Promise<CuratedRow[]> {
  const wanted = columns === undefined ? {} : { columns };
  return rows.parse(await parquetReadObjects({ file: bytes, compressors, ...wanted }));
}

/**
 * Writes the file anew with these rows alone, over that version alone; it has the columns that it had.
 * @throws ObjectChangedError when compaction has written it meanwhile.
 */
export async function replaceCurated(
  store: CuratedStore,
  { key, etag, bytes }: CuratedFile,
  left: readonly CuratedRow[],
  types: ReadonlyMap<string, ColumnType>,
): Promise<void> {
  const names = parquetMetadata(bytes)
    .schema.slice(1)
    .map(({ name }) => name);
  const columns = names.map((name): ColumnData => {
    const type = types.get(name);
    if (type === undefined)
      throw new Error(`a curated file has a column ${name} that is unknown here`);
    return { name, type, data: left.map((row) => row[name] ?? undefined) };
  });
  try {
    await putPart(store, key, columns, etag);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    const isChanged = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(
      name,
    );
    throw isChanged ? new ObjectChangedError('the object has changed') : error;
  }
}
