import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { StoredFile } from '../files/stored-file.ts';

/** The bucket of dropped files. */
export interface DropStore {
  readonly client: S3Client;
  readonly bucket: string;
}

/** A version of a file, as S3 names it. */
export interface ObjectVersion {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
}

/** The file was replaced or deleted while it was read; its successor is imported for itself. */
export class FileReplacedError extends Error {
  override readonly name = 'FileReplacedError';
}

/** Read at once: a connection that waits for a slow reader is closed by S3 after some minutes. */
const PART_BYTES = 8 * 1024 * 1024;
/** Handed on at once, so that a parser's rows of one piece take little memory. */
const PIECE_BYTES = 256 * 1024;
/** Attempts at a part whose body breaks off; those at a request are the client's. */
const PART_ATTEMPTS_MAX = 4;

/** What stands under a key now. */
export async function describeObject(
  { client, bucket }: DropStore,
  key: string,
): Promise<(ObjectVersion & { readonly lastModifiedAt: string }) | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const lastModifiedAt = (head.LastModified ?? new Date(0)).toISOString();
    return { key, etag: head.ETag ?? '', bytes: head.ContentLength ?? 0, lastModifiedAt };
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** That version of a file and no other, read in parts. `name` is how messages call it. */
export function droppedFile(store: DropStore, version: ObjectVersion): StoredFile {
  const { key, bytes } = version;
  return {
    name: key,
    bytes,
    read: async (start, end = bytes) => Readable.from(pieces(store, version, start, end)),
  };
}

export async function putObject(
  { client, bucket }: DropStore,
  key: string,
  body: string | Uint8Array,
): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** Keys and sizes below a prefix, the newest first. */
export async function listNewestFirst(
  { client, bucket }: DropStore,
  prefix: string,
): Promise<{ key: string; bytes: number }[]> {
  const found: { key: string; bytes: number; changedAtMs: number }[] = [];
  const query = { Bucket: bucket, Prefix: prefix };
  for await (const page of paginateListObjectsV2({ client }, query)) {
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      found.push({ key: Key, bytes: Size, changedAtMs: LastModified?.getTime() ?? 0 });
    }
  }
  return found.sort((a, b) => b.changedAtMs - a.changedAtMs);
}

async function* pieces(
  store: DropStore,
  version: ObjectVersion,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const part = (from: number): Promise<Buffer> | undefined => {
    if (from >= end) return undefined;
    const reading = readPart(store, version, from, Math.min(end, from + PART_BYTES));
    // Awaited in its turn; until then a failure is nobody's yet.
    reading.catch(() => undefined);
    return reading;
  };
  let from = start;
  let next = part(from);
  while (next !== undefined) {
    const bytes = await next;
    from += PART_BYTES;
    next = part(from);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      yield bytes.subarray(at, at + PIECE_BYTES);
    }
  }
}

async function readPart(
  { client, bucket }: DropStore,
  { key, etag }: ObjectVersion,
  start: number,
  end: number,
): Promise<Buffer> {
  const Range = `bytes=${start}-${end - 1}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, Range }),
      );
      const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      if (bytes.length === end - start) return bytes;
      throw new Error(`S3 gave ${bytes.length} of ${end - start} bytes`);
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      if (name === 'PreconditionFailed' || name === 'NoSuchKey') {
        throw new FileReplacedError('the file was replaced or deleted while it was read');
      }
      if (attempt >= PART_ATTEMPTS_MAX) throw error;
    }
  }
}
