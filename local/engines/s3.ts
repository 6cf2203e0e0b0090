import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Faults } from '../faults.ts';
import type { Engine } from './json-service.ts';
import { BodyCheck } from './s3-checksums.ts';
import { S3Error } from './s3-error.ts';
import { keptHeaders, type OnCreated, operations, type S3State } from './s3-operations.ts';
import { operationOf, readRequest } from './s3-request.ts';
import { sendError } from './s3-response.ts';
import { ObjectStore } from './s3-store.ts';
import { Uploads } from './s3-uploads.ts';

/**
 * S3's REST protocol over files, path style: what the product and its tests use of it, with the
 * checks that keep data whole (checksums, conditional writes). Anything else is refused by name.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
export interface S3Options {
  /** Where buckets lie, one folder each. */
  readonly directory: string;
  readonly faults?: Faults;
  readonly onCreated?: OnCreated;
}

export interface S3Engine extends Engine {
  /** Makes the bucket, or takes up the one that the folder holds. */
  createBucket(name: string): Promise<void>;
  putObject(
    bucket: string,
    key: string,
    body: Buffer,
    headers?: Record<string, string>,
  ): Promise<void>;
}

/** Bodies go from socket to disk as they come, so a fault cannot look into them. */
const NO_BODY = new Uint8Array();

export async function startS3Engine(options: S3Options): Promise<S3Engine> {
  const store = new ObjectStore(options.directory);
  const onCreated = options.onCreated ?? (() => undefined);
  const state = { store, uploads: new Uploads(store), onCreated };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(state, options.faults, request, response).catch((error: unknown) => {
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
    putObject: async (bucket, key, bytes, headers = {}) => {
      const check = new BodyCheck({});
      check.update(bytes);
      const body = {
        chunks: (async function* () {
          yield bytes;
        })(),
        finish: () => check.finish({}),
      };
      const object = await store.put(bucket, key, body, keptHeaders(headers), {});
      onCreated(bucket, object, 'PutObject');
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function serve(
  state: S3State,
  faults: Faults | undefined,
  raw: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = readRequest(raw);
  const operation = operationOf(request);
  const headers = { ...request.headers, ':path': raw.url };
  const fault = faults?.match('s3', { operation, body: NO_BODY, headers });
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
      await operations[operation](state, request, response);
  }
}
