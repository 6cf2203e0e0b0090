import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { eachLine, splitLines, unpackedLines } from './packed-lines.ts';

/** Objects of text, packed or plain, that are read to find something and written anew without it. */
export interface TextStore {
  readonly client: S3Client;
  readonly bucket: string;
}

export interface FoundObject {
  readonly key: string;
  readonly changedAtMs: number;
}

/** Somebody else has written or deleted the object meanwhile: look at it again. */
export class ObjectChangedError extends Error {
  override readonly name = 'ObjectChangedError';
}

/** The objects below a prefix after a key, in the order of their keys; those of no bytes are left out. */
export async function* objectsBelow(
  { client, bucket }: TextStore,
  prefix: string,
  afterKey?: string,
): AsyncGenerator<FoundObject> {
  const listed = { Bucket: bucket, Prefix: prefix, StartAfter: afterKey };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Key: key, LastModified, Size } of page.Contents ?? []) {
      if (key === undefined || Size === 0) continue;
      yield { key, changedAtMs: LastModified?.getTime() ?? 0 };
    }
  }
}

/** The folders right below a prefix, each ending in `/`. */
export async function foldersBelow(
  { client, bucket }: TextStore,
  prefix: string,
): Promise<string[]> {
  const folders: string[] = [];
  const listed = { Bucket: bucket, Prefix: prefix, Delimiter: '/' };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Prefix } of page.CommonPrefixes ?? [])
      if (Prefix !== undefined) folders.push(Prefix);
  }
  return folders;
}

/** An object that is being read: what it is now, and its lines. */
export interface OpenText {
  readonly etag: string;
  readonly isPacked: boolean;
  readonly contentType: string | undefined;
  /** Ends with 'broken' where a packed object is cut off or damaged. */
  readonly lines: AsyncGenerator<string, 'whole' | 'broken'>;
}

/** Opens an object, at that version if one is named; undefined where it is gone. */
export async function openText(
  { client, bucket }: TextStore,
  key: string,
  etag?: string,
): Promise<OpenText | undefined> {
  try {
    const answer = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }),
    );
    const { Body, ETag = '', ContentType } = answer;
    if (!(Body instanceof Readable)) throw new Error('an object came without a body');
    const { isPacked, source } = await peek(Body);
    return {
      etag: ETag,
      isPacked,
      contentType: ContentType,
      lines: eachLine(isPacked ? unpackedLines(source) : splitLines(source)),
    };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw changedOr(error);
  }
}

/** Writes an object anew, over that version alone. */
export async function replaceText(
  { client, bucket }: TextStore,
  key: string,
  { etag, contentType }: Pick<OpenText, 'etag' | 'contentType'>,
  body: Uint8Array | string,
): Promise<void> {
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        IfMatch: etag,
      }),
    );
  } catch (error) {
    throw changedOr(error);
  }
}

export async function deleteObject({ client, bucket }: TextStore, key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** Lines as an object's bytes, packed as the object was; memory is the packed size. */
export async function packLines(lines: AsyncIterable<string>, isPacked: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const ended = async function* (): AsyncGenerator<string> {
    for await (const line of lines) yield `${line}\n`;
  };
  const source = Readable.from(ended());
  const collect = async (packed: AsyncIterable<Buffer | string>): Promise<void> => {
    for await (const chunk of packed) chunks.push(Buffer.from(chunk));
  };
  if (isPacked) await pipeline(source, createGzip(), collect);
  else await pipeline(source, collect);
  return Buffer.concat(chunks);
}

/** The first bytes of gzip: RFC 1952, 2.3.1. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

async function peek(body: Readable): Promise<{ isPacked: boolean; source: Readable }> {
  const chunks = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, Buffer.from(value)]);
  }
  const isPacked = GZIP_MAGIC.every((byte, index) => head[index] === byte);
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (;;) {
      const { value, done } = await chunks.next();
      if (done === true) return;
      yield Buffer.from(value);
    }
  };
  return { isPacked, source: Readable.from(whole(), { objectMode: false }) };
}

/** 409 is what S3 answers to two conditional writes at the same moment, 404 where the object is gone. */
function changedOr(error: unknown): unknown {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const isChanged = status === 412 || status === 409 || status === 404;
  return isChanged ? new ObjectChangedError('the object has changed') : error;
}
