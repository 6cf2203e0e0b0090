import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import type { InvocationResult } from '../lambda/execution-environment.ts';
import { authorize } from './authorization.ts';
import { gatewayAnswer } from './gateway-answers.ts';
import { proxyEvent } from './proxy-event.ts';
import { type ApiKey, matchRoute, type RestApi, type Route, routesOf } from './rest-api.ts';
import { TokenBuckets } from './token-buckets.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
const INTEGRATION_MS_MAX = 29_000;

export interface GatewayOptions {
  readonly port: number;
  readonly api: RestApi;
  readonly apiKeys: readonly ApiKey[];
  readonly onRequest: (request: {
    method: string;
    path: string;
    status: number;
    durationMs: number;
  }) => void;
}

export interface Gateway {
  /** Base URL with the stage, e.g. `http://127.0.0.1:8787/api`. */
  readonly url: string;
  stop(): Promise<void>;
}

const proxyAnswer = z.object({
  statusCode: z.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  multiValueHeaders: z
    .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])))
    .optional(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().optional(),
});

/** API Gateway for one REST API: routes, authorizer, API keys and Lambda proxy integration. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const routes = routesOf(options.api);
  const buckets = new TokenBuckets();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const startedAt = performance.now();
    const [path = '/'] = (request.url ?? '/').split('?');
    response.on('finish', () =>
      options.onRequest({
        method: request.method ?? '',
        path,
        status: response.statusCode,
        durationMs: performance.now() - startedAt,
      }),
    );
    serve(options, routes, buckets, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(options, response, 'API_CONFIGURATION_ERROR', randomUUID());
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${options.api.stageName}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** @throws Error naming the port when it is taken. */
async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(isTaken ? new PortTakenError(port) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Somebody else listens on the port that was asked for. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is taken.`);
    this.port = port;
  }
}

async function serve(
  options: GatewayOptions,
  routes: readonly Route[],
  buckets: TokenBuckets,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const url = new URL(request.url ?? '/', 'http://gateway');
  const stagePath = `/${options.api.stageName}`;
  const isOfStage = url.pathname === stagePath || url.pathname.startsWith(`${stagePath}/`);
  const path = url.pathname.slice(stagePath.length) || '/';
  const matched = isOfStage ? matchRoute(routes, request.method ?? 'GET', path) : undefined;
  const body = await readBody(request);
  if (body === undefined) return refuse(options, response, 'REQUEST_TOO_LARGE', requestId);
  if (matched === undefined)
    return refuse(options, response, 'MISSING_AUTHENTICATION_TOKEN', requestId);

  const { method, resourcePath } = matched.route;
  const event = proxyEvent({
    request,
    url,
    path,
    resourcePath,
    parameters: matched.parameters,
    body,
    requestId,
    apiId: options.api.id,
    stage: options.api.stageName,
    resourceId: method.resourceId,
    binaryMediaTypes: options.api.binaryMediaTypes,
  });
  const authorization = await authorize({
    authorizer: method.authorizer,
    isApiKeyRequired: method.isApiKeyRequired,
    apiKeySource: options.api.apiKeySource,
    methodArn: `arn:aws:execute-api:local:000000000000:${options.api.id}${stagePath}/${request.method}${path}`,
    event,
    apiKeyHeader: request.headers['x-api-key']?.toString(),
    apiKeys: options.apiKeys,
    buckets,
  });
  if (!authorization.allowed) return refuse(options, response, authorization.refusal, requestId);
  event.requestContext.authorizer = authorization.authorizer;
  const result = await withinLimit(method.target.invoke(JSON.stringify(event)));
  if (result === undefined) return refuse(options, response, 'INTEGRATION_TIMEOUT', requestId);
  const answer = parseAnswer(result);
  if (answer === undefined) return refuse(options, response, 'DEFAULT_502', requestId, 502);
  sendProxyAnswer(response, answer, requestId);
}

/** The whole body, or undefined when it is over the limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return size > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks, size);
}

async function withinLimit(
  invocation: Promise<InvocationResult>,
): Promise<InvocationResult | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), INTEGRATION_MS_MAX);
  });
  try {
    return await Promise.race([invocation, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function parseAnswer(result: InvocationResult): z.infer<typeof proxyAnswer> | undefined {
  if (result.functionError !== undefined) return undefined;
  return proxyAnswer.safeParse(JSON.parse(result.payload)).data;
}

function sendProxyAnswer(
  response: ServerResponse,
  answer: z.infer<typeof proxyAnswer>,
  requestId: string,
): void {
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    response.setHeader(name, String(value));
  for (const [name, values] of Object.entries(answer.multiValueHeaders ?? {})) {
    response.setHeader(name, values.map(String));
  }
  response.setHeader('x-amzn-requestid', requestId);
  const body = Buffer.from(answer.body ?? '', answer.isBase64Encoded === true ? 'base64' : 'utf8');
  if (answer.statusCode !== 304) response.setHeader('content-length', body.length);
  response.writeHead(answer.statusCode);
  response.end(body);
}

function refuse(
  { api }: GatewayOptions,
  response: ServerResponse,
  type: string,
  requestId: string,
  status?: number,
): void {
  const answer = gatewayAnswer(api.gatewayResponses, type, requestId);
  response.writeHead(status ?? answer.status, { ...answer.headers, 'x-amzn-errortype': type });
  response.end(answer.body);
}
