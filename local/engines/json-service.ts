import { randomUUID } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Faults, FaultyService } from '../faults.ts';

/** A running engine: where it listens and how to end it. */
export interface Engine {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** An error with the name and the status that the service itself answers with. */
export class ServiceError extends Error {
  readonly status: number;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, status = 400, detail: Record<string, unknown> = {}) {
    super(message);
    this.name = name;
    this.status = status;
    this.detail = detail;
  }
}

export type Operation = (
  input: unknown,
  context: { readonly share: number },
) => Promise<unknown> | unknown;

export interface JsonServiceOptions {
  /** Name before the dot of `X-Amz-Target`, for messages only. */
  readonly name: string;
  /** The fault switch's name; a service without one cannot be made to fail. */
  readonly faultName?: FaultyService;
  readonly faults?: Faults;
  /** `1.0` or `1.1` of the AWS JSON protocol. */
  readonly version: '1.0' | '1.1';
  readonly throttlingError: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

/** Longest request any of the services takes: Kinesis' 10 MB of records, base64, and room for keys. */
const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0');

/**
 * Serves a service of the AWS JSON protocol on a free port of 127.0.0.1, over HTTP/1.1 and HTTP/2
 * with prior knowledge (the Kinesis client's default) on the same port.
 * Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export async function startJsonService(options: JsonServiceOptions): Promise<Engine> {
  const handle = (request: AnyRequest, response: AnyResponse): void => {
    answer(options, request, response).catch((error: unknown) => {
      send(options, response, 500, { __type: 'InternalFailure', message: String(error) });
    });
  };
  const http1 = createHttpServer({ keepAliveTimeout: 60_000 }, handle);
  const http2 = createHttp2Server(handle);
  const sockets = new Set<Socket>();
  const front = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      const isHttp2 = first.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE);
      (isHttp2 ? http2 : http1).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(0, '127.0.0.1', resolve);
  });
  const address = front.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}

async function answer(
  options: JsonServiceOptions,
  request: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  const body = await readBody(request);
  const operation = headerOf(request, 'x-amz-target')?.split('.').at(-1) ?? '';
  const share = await applyFault(options, operation, body, request, response);
  if (share === undefined) return;
  const run = options.operations[operation];
  if (run === undefined) {
    send(options, response, 400, {
      __type: 'UnknownOperationException',
      message: `The local ${options.name} does not implement ${operation || '(no X-Amz-Target)'}.`,
    });
    return;
  }
  try {
    send(options, response, 200, (await run(parseBody(body), { share })) ?? {});
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { name, message, status, detail } = error;
    send(options, response, status, { __type: name, message, ...detail });
  }
}

/** Gives the share of entries to fail (0 without a fault), or undefined when the fault was the answer. */
async function applyFault(
  options: JsonServiceOptions,
  operation: string,
  body: Buffer,
  request: AnyRequest,
  response: AnyResponse,
): Promise<number | undefined> {
  if (options.faultName === undefined) return 0;
  const headers: Record<string, string | undefined> = {};
  for (const name of Object.keys(request.headers)) headers[name] = headerOf(request, name);
  const fault = options.faults?.match(options.faultName, { operation, body, headers });
  if (fault === undefined) return 0;
  switch (fault.action.kind) {
    case 'partial':
      return fault.action.share;
    case 'refuse':
      destroy(request);
      return undefined;
    case 'hang':
      await fault.lifted;
      destroy(request);
      return undefined;
    case 'throttle':
      send(options, response, 400, { __type: options.throttlingError, message: 'Slow down.' });
      return undefined;
    case 'error':
      send(options, response, 500, { __type: 'InternalServerError', message: 'Injected.' });
      return undefined;
  }
}

function destroy(request: AnyRequest): void {
  if ('stream' in request) request.stream.session?.destroy();
  else request.socket.destroy();
}

function headerOf(request: AnyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readBody(request: AnyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > REQUEST_BYTES_MAX) throw new Error('The request is too large.');
    chunks.push(bytes);
  }
  const body = Buffer.concat(chunks, size);
  // The SDK zips large requests of some services, such as CloudWatch's PutMetricData.
  if (headerOf(request, 'content-encoding') !== 'gzip') return body;
  return gunzipSync(body, { maxOutputLength: REQUEST_BYTES_MAX });
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError('SerializationException', 'The body is not JSON.');
  }
}

function send(
  options: JsonServiceOptions,
  response: AnyResponse,
  status: number,
  document: unknown,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(document));
  response.statusCode = status;
  response.setHeader('content-type', `application/x-amz-json-${options.version}`);
  response.setHeader('x-amzn-requestid', randomUUID());
  response.setHeader('content-length', body.length);
  (response as ServerResponse).end(body);
}
