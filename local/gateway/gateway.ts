import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InvokeResult } from '../lambda/lambda-function.ts';
import { StartError } from '../start-error.ts';
import { type GatewayAnswer, gatewayAnswer } from './gateway-response.ts';
import type { GatewayRequest } from './proxy-event.ts';
import type { HttpAnswer } from './proxy-response.ts';
import { RequestHandler } from './request-handler.ts';
import type { ApiGatewayModel } from './rest-api.ts';

export interface GatewayOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly model: ApiGatewayModel;
  readonly accountId: string;
  readonly region: string;
  readonly invoke: (functionArn: string, payload: string) => Promise<InvokeResult>;
  readonly onRequest: (request: RequestOutcome) => void;
}

/** What is told and counted of a request; the query is left out, as it names customers. */
export interface RequestOutcome {
  readonly apiName: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface Gateway {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Builds the routes; until then every request is answered with 503. */
  open(): void;
  stop(): Promise<void>;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
const HOST = '127.0.0.1';
/** Longer than a client's own keep-alive, so that the client closes first and no request is cut. */
const KEEP_ALIVE_MS = 65_000;

/**
 * The front door of API Gateway's REST APIs, every stage under its name: `/<stage>/…`.
 * @throws StartError when the port is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  let handler: RequestHandler | undefined;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    void serve(incoming, response, handler, options);
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${HOST}:${port}`,
    open: () => {
      handler = new RequestHandler(options);
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        const remedy =
          'Stop what listens there, or choose another with --port; 0 takes a free one.';
        reject(new StartError(`Port ${port} is taken.`, remedy));
      } else if (error.code === 'EACCES') {
        const remedy = 'Choose one above 1023 with --port; 0 takes a free one.';
        reject(new StartError(`Port ${port} may not be opened by this user.`, remedy));
      } else reject(error);
    });
    server.listen(port, HOST, resolve);
  });
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  handler: RequestHandler | undefined,
  options: GatewayOptions,
): Promise<void> {
  const startedAtMs = performance.now();
  const requestId = randomUUID();
  const url = new URL(incoming.url ?? '/', `http://${HOST}`);
  const method = incoming.method ?? 'GET';
  const apiName = handler?.apiNameOf(url.pathname);
  let answer: HttpAnswer;
  try {
    answer = await answerTo(incoming, { requestId, method, url, handler });
  } catch (error) {
    // The client went away while sending: nobody hears an answer, and nothing was handled.
    if (incoming.destroyed && !incoming.complete) return;
    throw error;
  }
  send(response, answer, requestId);
  const durationMs = performance.now() - startedAtMs;
  const path = handler?.shownPath(method, url.pathname) ?? url.pathname;
  options.onRequest({ apiName, method, path, status: answer.status, durationMs });
}

async function answerTo(
  incoming: IncomingMessage,
  {
    requestId,
    method,
    url,
    handler,
  }: {
    readonly requestId: string;
    readonly method: string;
    readonly url: URL;
    readonly handler: RequestHandler | undefined;
  },
): Promise<HttpAnswer> {
  if (handler === undefined) {
    return withBody(
      gatewayAnswer(undefined, 'DEFAULT_5XX', { requestId, status: 503, message: 'Starting' }),
    );
  }
  const body = await readBody(incoming);
  const request: GatewayRequest = {
    requestId,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: headerEntries(incoming.rawHeaders),
    body: body ?? Buffer.alloc(0),
    sourceIp: incoming.socket.remoteAddress ?? HOST,
    receivedAtMs: Date.now(),
    protocol: `HTTP/${incoming.httpVersion}`,
  };
  return body === undefined ? handler.tooLarge(request) : handler.handle(request);
}

/** Undefined when there is more than the gateway takes; the rest is then read and thrown away. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return size <= BODY_BYTES_MAX ? Buffer.concat(chunks, size) : undefined;
}

function headerEntries(raw: readonly string[]): [string, string][] {
  const entries: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    entries.push([raw[index] ?? '', raw[index + 1] ?? '']);
  }
  return entries;
}

function withBody({ status, headers, body }: GatewayAnswer): HttpAnswer {
  return { status, headers, body: Buffer.from(body) };
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer, id: string): void {
  if (response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('x-amzn-requestid', id);
  if (status !== 204 && status !== 304) response.setHeader('content-length', body.length);
  response.end(body);
}
