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
import * as z from 'zod';
import type { ActiveFault, FaultAction, Faults, FaultyService } from '../faults.ts';

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

/** Takes the parsed body; `fault` is one that the operation itself must act out. */
export type Operation = (
  input: unknown,
  fault: FaultAction | undefined,
) => Promise<unknown> | unknown;

export interface JsonServiceOptions {
  /** For messages. */
  readonly name: string;
  /** What stands before the dot of `X-Amz-Target`. */
  readonly target: string;
  /** The fault switch's name; a service without one cannot be made to fail. */
  readonly faultName?: FaultyService;
  readonly faults?: Faults;
  /** `1.0` or `1.1` of the AWS JSON protocol. */
  readonly version: '1.0' | '1.1';
  readonly throttlingError: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** The input in the form of `schema`. @throws ServiceError named `errorName` that says what is wrong. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  errorName = 'ValidationException',
): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError(errorName, z.prettifyError(parsed.error));
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
    takeStart(socket, (start) => {
      const isHttp2 = start.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE);
      (isHttp2 ? http2 : http1).emit('connection', socket);
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

/** Calls `onStart` with the socket's first bytes, enough to tell the protocol, still to be read by it. */
function takeStart(socket: Socket, onStart: (start: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    const start = Buffer.concat(chunks);
    if (start.length < HTTP2_PREFACE.length) return;
    socket.off('data', onData);
    socket.pause();
    socket.unshift(start);
    onStart(start);
    process.nextTick(() => socket.resume());
  };
  socket.on('data', onData);
}

async function answer(
  options: JsonServiceOptions,
  request: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    const message = `A request is at most ${REQUEST_BYTES_MAX} bytes.`;
    send(options, response, 413, { __type: 'RequestEntityTooLargeException', message });
    return;
  }
  const [target, operation = ''] = headerOf(request, 'x-amz-target')?.split('.') ?? [];
  const fault = matchFault(options, operation, body, request);
  if (fault !== undefined && (await wasAnswered(options, fault, request, response))) return;
  try {
    const run = Object.hasOwn(options.operations, operation)
      ? options.operations[operation]
      : undefined;
    if (run === undefined || target !== options.target) {
      throw new ServiceError(
        'UnknownOperationException',
        `The local ${options.name} does not implement ${operation || '(no X-Amz-Target)'}; ` +
          `it has ${Object.keys(options.operations).join(', ')}.`,
      );
    }
    send(options, response, 200, (await run(parseBody(body), fault?.action)) ?? {});
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { name, message, status, detail } = error;
    send(options, response, status, { __type: name, message, ...detail });
  }
}

function matchFault(
  options: JsonServiceOptions,
  operation: string,
  body: Buffer,
  request: AnyRequest,
): ActiveFault | undefined {
  if (options.faultName === undefined || options.faults === undefined) return undefined;
  const headers: Record<string, string | undefined> = {};
  for (const name of Object.keys(request.headers)) headers[name] = headerOf(request, name);
  return options.faults.match(options.faultName, { operation, body, headers });
}

/** Whether the fault was the answer; otherwise the operation acts it out. */
async function wasAnswered(
  options: JsonServiceOptions,
  fault: ActiveFault,
  request: AnyRequest,
  response: AnyResponse,
): Promise<boolean> {
  switch (fault.action.kind) {
    case 'partial':
    case 'conflict':
      return false;
    case 'refuse':
      destroy(request);
      return true;
    case 'hang':
      await fault.lifted;
      destroy(request);
      return true;
    case 'throttle':
      send(options, response, 400, { __type: options.throttlingError, message: 'Slow down.' });
      return true;
    case 'error':
      send(options, response, 500, { __type: 'InternalServerError', message: 'Injected.' });
      return true;
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

/** Undefined when it is too large. */
async function readBody(request: AnyRequest): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= REQUEST_BYTES_MAX) chunks.push(bytes);
  }
  if (size > REQUEST_BYTES_MAX) return undefined;
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
