import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { propertiesCheck } from '../../core/events/registered-schema.ts';
import type { SourceDocument } from '../../core/events/source.ts';
import type { WebhookDocument } from '../../core/webhooks/webhook-document.ts';
import { Problem, problemAnswer } from '../../lambdas/ingest/answers.ts';
import {
  takeWebhook,
  type WebhookMetric,
  type WebhookPorts,
} from '../../lambdas/ingest/webhook-request.ts';
import { createMemoryCollector, type MemoryCollector } from './collector.ts';

/** A webhook endpoint whose stores are in memory. */
export interface MemoryWebhooks
  extends Pick<MemoryCollector, 'records' | 'quarantined' | 'events'>,
    WebhookPorts {
  readonly webhookCounts: Map<WebhookMetric, number>;
  /** Why requests were refused, by source. */
  readonly refusals: string[];
  readonly confirmed: string[];
}

export interface MemoryWebhookOptions {
  readonly document: WebhookDocument;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly certificate?: string;
  readonly source?: SourceDocument;
  readonly overrides?: Partial<WebhookPorts>;
}

/** One source, named as its ESP. */
export function memoryWebhooks(options: MemoryWebhookOptions): MemoryWebhooks {
  const { document, secrets = {}, certificate = '', source } = options;
  const webhookCounts = new Map<WebhookMetric, number>();
  const confirmed: string[] = [];
  const refusals: string[] = [];
  const uses = new Map<string, string>();
  const memory = createMemoryCollector();
  return {
    ...memory,
    webhookCounts,
    confirmed,
    webhooks: { get: async (id) => (id === document.esp ? document : undefined) },
    sources: { get: async () => source },
    secrets: async () => secrets,
    tokens: {
      claim: async (token, use) => {
        const known = uses.get(token);
        uses.set(token, known ?? use);
        return known === undefined || known === use;
      },
    },
    sns: {
      certificate: async () => certificate,
      confirm: async (url) => void confirmed.push(url),
    },
    count: (metric, value) => webhookCounts.set(metric, (webhookCounts.get(metric) ?? 0) + value),
    checkFor: async (mode) => propertiesCheck(new Map(), mode),
    onRefused: (sourceId, cause) => refusals.push(`${sourceId}: ${cause}`),
    refusals,
    ...options.overrides,
  };
}

/** A request as API Gateway hands it over: the body's bytes in base64. */
export function webhookRequest(
  esp: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  query?: Record<string, string>,
): APIGatewayProxyEvent {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: 'POST',
    headers: { ...headers },
    pathParameters: { esp },
    queryStringParameters: query ?? null,
    isBase64Encoded: true,
    body: Buffer.from(body).toString('base64'),
  };
  return event as APIGatewayProxyEvent;
}

/** Asks as the handler does, problems turned into answers. */
export async function post(
  webhooks: MemoryWebhooks,
  event: APIGatewayProxyEvent,
): Promise<APIGatewayProxyResult> {
  try {
    return await takeWebhook(event, webhooks, Date.now() + 5_000);
  } catch (error) {
    return problemAnswer(error instanceof Problem ? error : new Problem(503, 'temporary'));
  }
}

/** The bytes with one bit of one byte turned. */
export function flipped(body: string | Buffer, at = 20): Buffer {
  const bytes = Buffer.from(body);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
