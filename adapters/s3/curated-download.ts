import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { CuratedStore } from './curated-store.ts';

export interface CuratedDay {
  readonly table: string;
  readonly day: string;
  /** An existing folder. */
  readonly folder: string;
  readonly bytesMax: number;
}

/** The day is larger than the space for it. */
export class DayTooLargeError extends Error {
  override readonly name = 'DayTooLargeError';
}

/**
 * Copies a day's Parquet files, one after the other and never more than the bound. DuckDB would read them
 * from S3 by itself with an extension that it downloads first, and no function should run what it downloads.
 * @throws DayTooLargeError before anything is copied.
 */
export async function downloadDay(
  { client, bucket }: CuratedStore,
  { table, day, folder, bytesMax }: CuratedDay,
): Promise<string[]> {
  const keys: string[] = [];
  let bytes = 0;
  const listed = { Bucket: bucket, Prefix: `curated/${table}/day=${day}/` };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Key, Size = 0 } of page.Contents ?? []) {
      if (Key === undefined || !Key.endsWith('.parquet')) continue;
      keys.push(Key);
      bytes += Size;
    }
  }
  if (bytes > bytesMax) {
    throw new DayTooLargeError(
      `${table} of ${day} has ${megabytes(bytes)} MB, and there is space for ${megabytes(bytesMax)} MB`,
    );
  }
  const files: string[] = [];
  for (const [index, key] of keys.entries()) {
    const file = join(folder, `${table}-${index}.parquet`);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (!(Body instanceof Readable)) throw new Error(`${key} came without a body`);
    await pipeline(Body, createWriteStream(file));
    files.push(file);
  }
  return files;
}

/** The earliest day of which the lake has rows. */
export async function firstCuratedDay(
  { client, bucket }: CuratedStore,
  table: string,
): Promise<string | undefined> {
  const Prefix = `curated/${table}/day=`;
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }),
  );
  return Contents[0]?.Key?.slice(Prefix.length).split('/')[0];
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
