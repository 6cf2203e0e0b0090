import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { SourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { propertiesCheck } from '../../core/events/registered-schema.ts';
import { DEFAULT_SOURCE, type SourceDocument } from '../../core/events/source.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { Problem, problemAnswer } from '../../lambdas/ingest/answers.ts';
import {
  type CollectMetric,
  type Collector,
  collectRequest,
} from '../../lambdas/ingest/collect-request.ts';
import { eventIn } from './event-in.ts';

export const WRITE_KEY = 'write-key';

/** The collector's own code over a stream and a quarantine in memory. */
export interface MemoryCollector extends Collector {
  readonly records: StreamRecord[];
  readonly quarantined: QuarantinedCall[];
  readonly counts: Map<CollectMetric, number>;
  events(): CollectedEvent[];
}

export function createMemoryCollector(overrides: Partial<Collector> = {}): MemoryCollector {
  const records: StreamRecord[] = [];
  const quarantined: QuarantinedCall[] = [];
  const counts = new Map<CollectMetric, number>();
  return {
    records,
    quarantined,
    counts,
    events: () => records.map(eventIn),
    stream: { put: async (taken) => void records.push(...taken) },
    schemas: { checkFor: async (mode) => propertiesCheck(new Map(), mode) },
    quarantine: { keep: async (calls) => void quarantined.push(...calls) },
    sources: sourcesOf(DEFAULT_SOURCE),
    rate: { admit: async () => ({ kind: 'admitted' }) },
    onPixelLost: () => {},
    identitySecret: async () => 's'.repeat(64),
    count: (metric, value) => counts.set(metric, (counts.get(metric) ?? 0) + value),
    ...overrides,
  };
}

/** A directory in which the write key belongs to this source. */
export function sourcesOf(source: SourceDocument): SourceDirectory {
  return {
    find: async (key) => (key === WRITE_KEY ? source : undefined),
    byId: async (id) => (id === source.sourceId ? source : undefined),
  };
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly isBase64Encoded?: boolean;
}

/** A request as API Gateway's REST API hands it to a function. */
export function proxyEvent(
  path: string,
  body: unknown,
  options: RequestOptions = {},
): APIGatewayProxyEvent {
  const event: Partial<APIGatewayProxyEvent> = {
    requestContext: { path } as APIGatewayProxyEvent['requestContext'],
    httpMethod: options.method ?? 'POST',
    headers: options.headers ?? { Authorization: basic(WRITE_KEY) },
    queryStringParameters: options.query ?? null,
    isBase64Encoded: options.isBase64Encoded ?? false,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
  return event as APIGatewayProxyEvent;
}

export function basic(writeKey: string): string {
  return `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`;
}

/** Asks the collector as the handler does, problems turned into answers. */
export async function ask(
  collector: Collector,
  event: APIGatewayProxyEvent,
): Promise<APIGatewayProxyResult> {
  try {
    return await collectRequest(event, collector, Date.now() + 5_000);
  } catch (error) {
    return problemAnswer(error instanceof Problem ? error : new Problem(503, 'temporary'));
  }
}

export interface CollectorServer {
  readonly url: string;
  requestCount(): number;
  close(): Promise<void>;
}

/** Serves a collector over HTTP; `intercept` may answer instead of it. */
export async function serveCollector(
  collector: Collector,
  intercept: (count: number) => APIGatewayProxyResult | 'hang' | undefined = () => undefined,
): Promise<CollectorServer> {
  let count = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    count += 1;
    const instead = intercept(count);
    if (instead === 'hang') return;
    const event = proxyEvent(request.url ?? '', Buffer.concat(chunks).toString('base64'), {
      method: request.method ?? 'GET',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      isBase64Encoded: true,
    });
    const answer = instead ?? (await ask(collector, event));
    response.writeHead(answer.statusCode, answer.headers as Record<string, string>);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requestCount: () => count,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
