import {
  DeleteObjectsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { ColumnType } from '../../core/quality/curated-events.ts';
import type { ColumnData } from '../../core/quality/curated-part.ts';
import { readObject } from './immutable-objects.ts';

/** The lake's `curated/<table>/day=YYYY-MM-DD/part-00000.parquet`. */
export interface CuratedStore {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Snappy by default; statistics let a query skip row groups by time. */
const ROW_GROUP_ROWS = 50_000;
/** What S3 deletes in one request. */
const DELETED_MAX = 1_000;

const parquetTypes = {
  string: 'STRING',
  integer: 'INT32',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
} as const satisfies Record<ColumnType, string>;

/** Where the part of that number lies: a run that is repeated writes the same objects again. */
export function partKey(table: string, day: string, partNumber: number): string {
  return `${dayPrefix(table, day)}part-${String(partNumber).padStart(5, '0')}.parquet`;
}

/** Writes one Parquet file; over that version alone, if one is named. */
export async function putPart(
  { client, bucket }: CuratedStore,
  key: string,
  columns: readonly ColumnData[],
  etag?: string,
): Promise<void> {
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    rowGroupSize: ROW_GROUP_ROWS,
    columnData: columns.map(({ name, type, data }) => ({ name, data, type: parquetTypes[type] })),
  });
  const Body = writer.getBytes();
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, IfMatch: etag }));
}

/** Deletes the parts of a day from a number on: those of an earlier run that made more. */
export async function deletePartsFrom(
  { client, bucket }: CuratedStore,
  table: string,
  day: string,
  partNumber: number,
): Promise<void> {
  const first = partKey(table, day, partNumber);
  const query = { Bucket: bucket, Prefix: dayPrefix(table, day) };
  for await (const page of paginateListObjectsV2({ client, pageSize: DELETED_MAX }, query)) {
    const left = (page.Contents ?? []).flatMap(({ Key }) =>
      Key !== undefined && Key >= first ? [{ Key }] : [],
    );
    if (left.length === 0) continue;
    const Delete = { Objects: left, Quiet: true };
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
  }
}

/** What a run remembers from one step to the next. */
export async function readProgress(store: CuratedStore, day: string): Promise<Uint8Array> {
  const bytes = await readObject({ ...store, prefix: PROGRESS_PREFIX }, progressName(day));
  if (bytes === undefined) throw new Error(`the progress of ${day} is gone; start the day again`);
  return bytes;
}

export async function writeProgress(
  { client, bucket }: CuratedStore,
  day: string,
  bytes: Uint8Array,
): Promise<void> {
  const Key = `${PROGRESS_PREFIX}${progressName(day)}`;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }));
}

const PROGRESS_PREFIX = 'compaction/';

function progressName(day: string): string {
  return `day=${day}/seen-ids.bin`;
}

function dayPrefix(table: string, day: string): string {
  return `curated/${table}/day=${day}/`;
}
