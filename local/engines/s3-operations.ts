import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { S3Error } from './s3-error.ts';
import { listObjects } from './s3-listing.ts';
import { documentOf, type OperationName, type S3Request, writeConditions } from './s3-request.ts';
import { send, sendXml } from './s3-response.ts';
import type { ObjectStore, StoredObject } from './s3-store.ts';
import type { UploadPlace, Uploads } from './s3-uploads.ts';
import * as xml from './s3-xml.ts';

export interface S3State {
  readonly store: ObjectStore;
  readonly uploads: Uploads;
  /** Hears of each new object once it can be read. */
  readonly onCreated: OnCreated;
}

export type OnCreated = (
  bucket: string,
  object: StoredObject,
  reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload',
) => void;

type S3Operation = (state: S3State, request: S3Request, response: ServerResponse) => Promise<void>;

/** Headers that S3 keeps with an object and gives back, besides those of the user. */
const KEPT_HEADERS = [
  'content-type',
  'content-encoding',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
];

export const operations: Readonly<Record<OperationName, S3Operation>> = {
  ListBuckets: async ({ store }, _request, response) =>
    sendXml(response, xml.listBuckets(store.buckets())),
  CreateBucket: async ({ store }, { bucket }, response) => {
    await store.createBucket(bucket);
    send(response, 200, { location: `/${bucket}` });
  },
  HeadBucket: async ({ store }, { bucket }, response) => {
    store.bucket(bucket);
    send(response, 200, {});
  },
  DeleteBucket: async ({ store }, { bucket }, response) => {
    await store.deleteBucket(bucket);
    send(response, 204, {});
  },
  GetBucketLocation: async ({ store }, { bucket }, response) => {
    store.bucket(bucket);
    sendXml(response, xml.location());
  },
  ListObjectsV2: async ({ store }, { bucket, query }, response) =>
    sendXml(response, xml.listing(bucket, query, listObjects(store.bucket(bucket), query))),
  DeleteObjects: async ({ store }, request, response) => {
    const { keys, isQuiet } = xml.keysToDelete(await documentOf(request));
    for (const key of keys) await store.delete(request.bucket, key, {});
    sendXml(response, xml.deleted(isQuiet ? [] : keys));
  },
  PutObject: async ({ store, onCreated }, { bucket, key, body, headers }, response) => {
    const object = await store.put(
      bucket,
      key,
      body,
      keptHeaders(headers),
      writeConditions(headers),
    );
    onCreated(bucket, object, 'PutObject');
    send(response, 200, { etag: object.etag, ...object.checksums });
  },
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: async ({ store }, request, response) => {
    const object = store.find(request.bucket, request.key);
    if (isUnchanged(request, object)) return send(response, 304, { etag: object.etag });
    const { status, headers } = describe(request, object);
    send(response, status, headers);
  },
  DeleteObject: async ({ store }, { bucket, key, headers }, response) => {
    await store.delete(bucket, key, writeConditions(headers));
    send(response, 204, {});
  },
  CreateMultipartUpload: async ({ uploads }, { bucket, key, headers }, response) => {
    const uploadId = uploads.create(bucket, key, keptHeaders(headers));
    sendXml(response, xml.uploadCreated(bucket, key, uploadId));
  },
  UploadPart: async ({ uploads }, request, response) => {
    const partNumber = Number(request.query.get('partNumber'));
    const part = await uploads.putPart(placeOf(request), partNumber, request.body);
    send(response, 200, { etag: part.etag, ...part.checksums });
  },
  CompleteMultipartUpload: async ({ uploads, onCreated }, request, response) => {
    const parts = xml.listedParts(await documentOf(request));
    const conditions = writeConditions(request.headers);
    const object = await uploads.complete(placeOf(request), parts, conditions);
    onCreated(request.bucket, object, 'CompleteMultipartUpload');
    sendXml(response, xml.uploadCompleted(request.bucket, request.key, object.etag));
  },
  AbortMultipartUpload: async ({ uploads }, request, response) => {
    await uploads.abort(placeOf(request));
    send(response, 204, {});
  },
};

export function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-'),
    ),
  );
}

async function copyObject(
  { store, onCreated }: S3State,
  { bucket, key, headers }: S3Request,
  response: ServerResponse,
): Promise<void> {
  const [sourceBucket = '', ...sourceKey] = decodeURIComponent(headers['x-amz-copy-source'] ?? '')
    .replace(/^\//u, '')
    .split('/');
  const { object, file } = await store.open(sourceBucket, sourceKey.join('/'));
  try {
    const body = {
      chunks: file.createReadStream({ autoClose: false }),
      finish: () => object,
    };
    const kept =
      headers['x-amz-metadata-directive'] === 'REPLACE' ? keptHeaders(headers) : object.headers;
    const copied = await store.put(bucket, key, body, kept, writeConditions(headers));
    onCreated(bucket, copied, 'CopyObject');
    sendXml(response, xml.copied(copied));
  } finally {
    await file.close();
  }
}

async function getObject(
  { store }: S3State,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  const { object, file } = await store.open(request.bucket, request.key);
  try {
    if (isUnchanged(request, object)) return send(response, 304, { etag: object.etag });
    const { status, headers, start, end } = describe(request, object);
    if (end < start) return send(response, status, headers);
    response.writeHead(status, headers);
    await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

/** The answer's status, headers and, both included, first and last byte. */
function describe({ headers }: S3Request, object: StoredObject) {
  const range = rangeOf(headers.range, object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  // A checksum is that of the whole object, of which a range is not.
  const showsChecksums = headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined;
  return {
    status: range === undefined ? 200 : 206,
    start,
    end,
    headers: {
      'content-type': 'binary/octet-stream',
      ...object.headers,
      ...(showsChecksums ? object.checksums : {}),
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${object.size}` }),
      etag: object.etag,
      'last-modified': object.modifiedAt.toUTCString(),
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
    },
  };
}

/** Whether the reader has it already (RFC 9110, 13.2.2). @throws S3Error when it wants another. */
function isUnchanged({ headers }: S3Request, { etag, modifiedAt }: StoredObject): boolean {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const modifiedS = Math.floor(modifiedAt.getTime() / 1000);
  const isModifiedSince = (date: string) => modifiedS > Math.floor(Date.parse(date) / 1000);
  const unmodifiedSince = headers['if-unmodified-since'];
  const isOther =
    ifMatch === undefined
      ? unmodifiedSince !== undefined && isModifiedSince(unmodifiedSince)
      : ifMatch !== '*' && ifMatch !== etag;
  if (isOther) {
    throw new S3Error(412, 'PreconditionFailed', 'The object is another than the one asked for');
  }
  if (ifNoneMatch !== undefined) return ifNoneMatch === '*' || ifNoneMatch === etag;
  const modifiedSince = headers['if-modified-since'];
  return modifiedSince !== undefined && !isModifiedSince(modifiedSince);
}

/** One byte range of RFC 9110: `a-b`, `a-` or `-n`; undefined when the header asks for none. */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= size)
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { start, end };
}

function placeOf({ bucket, key, query }: S3Request): UploadPlace {
  return { bucket, key, uploadId: query.get('uploadId') ?? '' };
}
