import type { IncomingMessage } from 'node:http';
import { BodyCheck } from './s3-checksums.ts';
import { unchunked } from './s3-chunked-body.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { Body, WriteConditions } from './s3-store.ts';

export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export type OperationName =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'ListObjectsV2'
  | 'DeleteObjects'
  | 'PutObject'
  | 'CopyObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

/** Query parameters that are understood; another changes what a request means, so ignoring it would corrupt. */
const QUERY_NAMES = new Set([
  'x-id',
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'start-after',
  'continuation-token',
  'encoding-type',
  'delete',
  'uploads',
  'uploadId',
  'partNumber',
  'location',
]);
/** Headers that ask for what is not built. */
const REFUSED_HEADERS = [
  'x-amz-tagging',
  'x-amz-acl',
  'x-amz-grant-',
  'x-amz-object-lock-',
  'x-amz-server-side-encryption-customer-',
  'x-amz-copy-source-',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
  'x-amz-bucket-object-lock-enabled',
];
/** Documents (lists of keys, of parts) are small: 1,000 keys of 1 KB, or 10,000 parts. */
const DOCUMENT_BYTES_MAX = 2 * 1024 * 1024;

export function readRequest(raw: IncomingMessage): S3Request {
  // Not by the URL class: it would resolve the dots that a key may hold.
  const [path = '/', query = ''] = (raw.url ?? '/').split('?');
  const [bucket = '', ...rest] = path.slice(1).split('/');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value !== undefined) headers[name] = String(value);
  }
  const isChunked =
    headers['content-encoding']?.includes('aws-chunked') === true ||
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;
  return {
    method: raw.method ?? 'GET',
    bucket: decoded(bucket),
    key: rest.map(decoded).join('/'),
    query: new URLSearchParams(query),
    headers: isChunked ? withoutChunking(headers) : headers,
    // The rest of a body that is refused halfway is read and dropped, so that the answer arrives.
    body: bodyOf(raw.iterator({ destroyOnReturn: false }), headers, isChunked),
  };
}

/** @throws S3Error for whatever is not built, by name. */
export function operationOf(request: S3Request): OperationName {
  const { method, bucket, key, query, headers } = request;
  const parameter = [...query.keys()].find(
    (name) => !QUERY_NAMES.has(name) && !name.toLowerCase().startsWith('x-amz-'),
  );
  if (parameter !== undefined) throw notImplemented(`${method} ?${parameter}`);
  const header = Object.keys(headers).find((name) =>
    REFUSED_HEADERS.some((refused) => name.startsWith(refused)),
  );
  if (header !== undefined) throw notImplemented(`the header ${header}`);
  const found =
    bucket === ''
      ? method === 'GET'
        ? 'ListBuckets'
        : undefined
      : key === ''
        ? bucketOperation(method, query)
        : objectOperation(method, query, headers);
  if (found !== undefined) return found;
  throw notImplemented(`${method} ${bucket === '' ? '/' : key === '' ? '/bucket' : '/bucket/key'}`);
}

/** Reads a small XML document. */
export async function documentOf({ body }: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) throw new S3Error(400, 'MalformedXML', 'It is too long');
    chunks.push(chunk);
  }
  body.finish();
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws S3Error for a condition that S3 has not either. */
export function writeConditions(headers: Readonly<Record<string, string>>): WriteConditions {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw notImplemented('a write with an If-None-Match other than *');
  }
  return { ifNoneMatch, ifMatch: headers['if-match'] };
}

function bucketOperation(method: string, query: URLSearchParams): OperationName | undefined {
  switch (method) {
    case 'PUT':
      return 'CreateBucket';
    case 'HEAD':
      return 'HeadBucket';
    case 'DELETE':
      return 'DeleteBucket';
    case 'POST':
      return query.has('delete') ? 'DeleteObjects' : undefined;
    case 'GET':
      if (query.has('location')) return 'GetBucketLocation';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : undefined;
    default:
      return undefined;
  }
}

function objectOperation(
  method: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): OperationName | undefined {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const isUpload = query.has('uploadId');
  switch (method) {
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      return isUpload ? 'CompleteMultipartUpload' : undefined;
    case 'PUT':
      if (isUpload) return isCopy ? undefined : 'UploadPart';
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'DELETE':
      return isUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    case 'GET':
    case 'HEAD':
      // A list of parts, or one part of an object.
      if (isUpload || query.has('partNumber')) return undefined;
      return method === 'GET' ? 'GetObject' : 'HeadObject';
    default:
      return undefined;
  }
}

function bodyOf(
  raw: AsyncIterable<Buffer>,
  headers: Readonly<Record<string, string>>,
  isChunked: boolean,
): Body {
  const trailers: Record<string, string> = {};
  const check = new BodyCheck(headers);
  async function* checked(): AsyncGenerator<Buffer> {
    for await (const bytes of isChunked ? unchunked(raw, trailers) : raw) {
      check.update(bytes);
      yield bytes;
    }
  }
  return { chunks: checked(), finish: () => check.finish(trailers) };
}

function withoutChunking(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'content-encoding': encodings = '', ...rest } = headers;
  const left = encodings
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'aws-chunked' && name !== '');
  return left.length === 0 ? rest : { ...rest, 'content-encoding': left.join(',') };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}
