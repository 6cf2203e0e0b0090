import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import {
  DAYS_PREFIX,
  type DayFile,
  dayFileKey,
  dayFileOf,
  type LakeDay,
  type LakeObject,
} from '../../core/training/snapshot-days.ts';
import type { Lake } from './lake-reader.ts';

/** The days of `raw/` with their objects, the oldest first; what lies outside of a day is read by nobody. */
export async function* lakeDays({ client, bucket }: Lake): AsyncGenerator<LakeDay> {
  let open: { day: string; objects: LakeObject[] } | undefined;
  const listed = { Bucket: bucket, Prefix: 'raw/day=' };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Key: key = '', ETag: etag = '', Size: bytes = 0 } of page.Contents ?? []) {
      const day = /^raw\/day=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1];
      if (day === undefined || bytes === 0) continue;
      if (open !== undefined && open.day !== day) yield open;
      if (open?.day !== day) open = { day, objects: [] };
      open.objects.push({ key, etag, bytes });
    }
  }
  if (open !== undefined) yield open;
}

export interface StoredDayFile extends DayFile {
  readonly writtenAtMs: number;
  readonly bytes: number;
}

/** The days' files that earlier snapshots have left. */
export async function storedDayFiles({ client, bucket }: Lake): Promise<StoredDayFile[]> {
  const files: StoredDayFile[] = [];
  const listed = { Bucket: bucket, Prefix: DAYS_PREFIX };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Key: key = '', LastModified, Size: bytes = 0 } of page.Contents ?? []) {
      const file = dayFileOf(key);
      if (file !== undefined) {
        files.push({ ...file, bytes, writtenAtMs: LastModified?.getTime() ?? 0 });
      }
    }
  }
  return files;
}

/** Copies a day's file to this machine; false where it is there no more (an erasure takes such files). */
export async function downloadDayFile(
  { client, bucket }: Lake,
  file: DayFile,
  path: string,
): Promise<boolean> {
  try {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: dayFileKey(file) }),
    );
    if (!(Body instanceof Readable)) throw new Error('a day’s file came without a body');
    await pipeline(Body, createWriteStream(path));
    return true;
  } catch (error) {
    if (error instanceof NoSuchKey) return false;
    throw error;
  }
}

export async function uploadDayFile(
  { client, bucket }: Lake,
  file: DayFile,
  path: string,
): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: dayFileKey(file),
      // Some megabytes: a stream could not be sent again.
      Body: await readFile(path),
      ContentType: 'application/vnd.apache.parquet',
    }),
  );
}

export async function deleteDayFile({ client, bucket }: Lake, file: DayFile): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: dayFileKey(file) }));
}
