import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Faults } from '../faults.ts';
import type { Engine } from './json-service.ts';
import { decodeBody } from './s3-body.ts';
import { ObjectStore, S3Error, type StoredObject } from './s3-store.ts';
import * as xml from './s3-xml.ts';

/**
 * S3's REST protocol over files, path style: what the product and its tests use of it, with the
 * checks that keep data whole (checksums, conditional writes). Anything else is refused by name.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
export interface S3Options {
  /** Where buckets lie, one folder each. */
  readonly directory: string;
  readonly faults?: Faults;
}

export interface S3Engine extends Engine {
  createBucket(name: string): Promise<void>;
  putObject(
    bucket: string,
    key: string,
    body: Buffer,
    headers?: Record<string, string>,
  ): Promise<void>;
}

/** Sub-resources that change what a request means and are not built: ignoring one would corrupt. */
const REFUSED_SUBRESOURCES = [
  'tagging',
  'acl',
  'policy',
  'versions',
  'versioning',
  'lifecycle',
  'cors',
  'retention',
  'legal-hold',
  'restore',
  'select',
];

export async function startS3Engine(options: S3Options): Promise<S3Engine> {
  const store = new ObjectStore(options.directory);
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(store, options.faults, request, response).catch((error: unknown) => {
      sendError(response, error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    createBucket: (name) => store.createBucket(name),
    putObject: async (bucket, key, body, headers = {}) => {
      await store.put(bucket, key, body, headers, {});
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A request, taken apart. */
interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

async function serve(
  store: ObjectStore,
  faults: Faults | undefined,
  raw: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(raw);
  const operation = operationOf(request);
  const fault = faults?.match('s3', { operation, body: request.body, headers: request.headers });
  switch (fault?.action.kind) {
    case 'refuse':
      raw.socket.destroy();
      return;
    case 'hang':
      await fault.lifted;
      raw.socket.destroy();
      return;
    case 'throttle':
      throw new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
    case 'error':
      throw new S3Error(500, 'InternalError', 'Injected.');
    default:
      await operations[operation](store, request, response);
  }
}

async function readRequest(raw: IncomingMessage): Promise<S3Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of raw) chunks.push(Buffer.from(chunk));
  // Not by the URL class: it would resolve the dots that a key may hold.
  const [path = '/', query = ''] = (raw.url ?? '/').split('?');
  const [bucket = '', ...rest] = path.slice(1).split('/');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value !== undefined) headers[name] = String(value);
  }
  return {
    method: raw.method ?? 'GET',
    bucket: decodeURIComponent(bucket),
    key: rest.map(decodeURIComponent).join('/'),
    query: new URLSearchParams(query),
    headers,
    body: decodeBody(Buffer.concat(chunks), headers),
  };
}

type OperationName = keyof typeof operations;
type S3Operation = (
  store: ObjectStore,
  request: S3Request,
  response: ServerResponse,
) => Promise<void>;

function operationOf({ method, bucket, key, query, headers }: S3Request): OperationName {
  const refused = REFUSED_SUBRESOURCES.find((name) => query.has(name));
  if (refused !== undefined) throw notImplemented(`${method} ?${refused}`);
  if (bucket === '') {
    if (method === 'GET') return 'ListBuckets';
  } else if (key === '') {
    if (method === 'PUT') return 'CreateBucket';
    if (method === 'HEAD') return 'HeadBucket';
    if (method === 'DELETE') return 'DeleteBucket';
    if (method === 'GET' && query.has('location')) return 'GetBucketLocation';
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  } else {
    if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
    if (method === 'POST' && query.has('uploadId')) return 'CompleteMultipartUpload';
    if (method === 'PUT' && query.has('uploadId')) return 'UploadPart';
    if (method === 'DELETE' && query.has('uploadId')) return 'AbortMultipartUpload';
    if (method === 'PUT')
      return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
    if (method === 'GET') return 'GetObject';
    if (method === 'HEAD') return 'HeadObject';
    if (method === 'DELETE') return 'DeleteObject';
  }
  throw notImplemented(`${method} ${bucket === '' ? '/' : key === '' ? '/bucket' : '/bucket/key'}`);
}

const operations = {
  ListBuckets: async (store, _request, response) =>
    sendXml(response, xml.listBuckets(await store.buckets())),
  CreateBucket: async (store, { bucket }, response) => {
    await store.createBucket(bucket);
    send(response, 200, { location: `/${bucket}` });
  },
  HeadBucket: async (store, { bucket }, response) => {
    await store.requireBucket(bucket);
    send(response, 200, {});
  },
  DeleteBucket: async (store, { bucket }, response) => {
    await store.deleteBucket(bucket);
    send(response, 204, {});
  },
  GetBucketLocation: async (store, { bucket }, response) => {
    await store.requireBucket(bucket);
    sendXml(response, xml.location());
  },
  ListObjectsV2: async (store, { bucket, query }, response) =>
    sendXml(response, xml.listObjects(bucket, query, await store.list(bucket, query))),
  DeleteObjects: async (store, { bucket, body }, response) => {
    const keys = xml.keysToDelete(body.toString('utf8'));
    for (const key of keys) await store.delete(bucket, key);
    sendXml(response, xml.deleted(keys));
  },
  PutObject: async (store, { bucket, key, body, headers }, response) => {
    const { etag } = await store.put(bucket, key, body, headers, conditionsOf(headers));
    send(response, 200, { etag });
  },
  CopyObject: async (store, { bucket, key, headers }, response) => {
    const [sourceBucket = '', ...sourceKey] = decodeURIComponent(headers['x-amz-copy-source'] ?? '')
      .replace(/^\//u, '')
      .split('/');
    const source = await store.get(sourceBucket, sourceKey.join('/'));
    const copied = await store.put(bucket, key, source.body, source.headers, {});
    sendXml(response, xml.copied(copied));
  },
  GetObject: async (store, request, response) => {
    const found = await store.get(request.bucket, request.key);
    if (isUnchanged(request, found)) return send(response, 304, { etag: found.etag });
    sendObject(response, request, found, true);
  },
  HeadObject: async (store, request, response) => {
    sendObject(response, request, await store.get(request.bucket, request.key), false);
  },
  DeleteObject: async (store, { bucket, key }, response) => {
    await store.delete(bucket, key);
    send(response, 204, {});
  },
  CreateMultipartUpload: async (store, { bucket, key, headers }, response) =>
    sendXml(
      response,
      xml.uploadCreated(bucket, key, await store.createUpload(bucket, key, headers)),
    ),
  UploadPart: async (store, { query, body }, response) => {
    const etag = await store.putPart(
      query.get('uploadId') ?? '',
      Number(query.get('partNumber')),
      body,
    );
    send(response, 200, { etag });
  },
  CompleteMultipartUpload: async (store, { bucket, key, query, headers }, response) => {
    const object = await store.completeUpload(query.get('uploadId') ?? '', conditionsOf(headers));
    sendXml(response, xml.uploadCompleted(bucket, key, object.etag));
  },
  AbortMultipartUpload: async (store, { query }, response) => {
    await store.abortUpload(query.get('uploadId') ?? '');
    send(response, 204, {});
  },
} satisfies Record<string, S3Operation>;

function conditionsOf(headers: Readonly<Record<string, string>>) {
  return { ifNoneMatch: headers['if-none-match'], ifMatch: headers['if-match'] };
}

function isUnchanged({ headers }: S3Request, { etag }: StoredObject): boolean {
  return headers['if-none-match'] === etag;
}

function sendObject(
  response: ServerResponse,
  { headers }: S3Request,
  object: StoredObject,
  withBody: boolean,
): void {
  const common = {
    ...object.headers,
    etag: object.etag,
    'last-modified': object.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
  };
  const range = rangeOf(headers.range, object.body.length);
  if (range === undefined) {
    send(
      response,
      200,
      { ...common, 'content-length': object.body.length },
      withBody ? object.body : undefined,
    );
    return;
  }
  const part = object.body.subarray(range.start, range.end + 1);
  const contentRange = `bytes ${range.start}-${range.end}/${object.body.length}`;
  send(
    response,
    206,
    { ...common, 'content-range': contentRange, 'content-length': part.length },
    withBody ? part : undefined,
  );
}

/** One byte range of RFC 9110: `a-b`, `a-` or `-n`; undefined when the header asks for none. */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  if (start >= size)
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function sendXml(response: ServerResponse, document: string): void {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${document}`);
  send(response, 200, { 'content-type': 'application/xml', 'content-length': body.length }, body);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body?: Buffer,
): void {
  response.writeHead(status, {
    'x-amz-request-id': etagOf(Buffer.from(String(performance.now()))).slice(1, 17),
    ...headers,
  });
  response.end(body);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message } =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
  const body = Buffer.from(xml.error(code, message));
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', `The local S3 does not implement ${what}.`);
}

export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
