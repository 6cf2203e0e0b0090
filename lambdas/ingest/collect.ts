import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createInspectorLog, INSPECTOR_PATIENCE } from '../../adapters/dynamodb/inspector-log.ts';
import { createRegisteredSchemas } from '../../adapters/dynamodb/registered-schemas.ts';
import { createSourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import { createSourceRate } from '../../adapters/dynamodb/source-rate.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { createQuarantineStore } from '../../adapters/s3/quarantine-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { Problem, problemAnswer } from './answers.ts';
import { type Collector, collectRequest } from './collect-request.ts';
import { withCors } from './cors.ts';

/** Kept back of the invocation's time for the answer itself. */
const ANSWER_MS = 1_000;
/** SDKs give up after 10 s; an answer later than that is heard by nobody. */
const STORE_MS_MAX = 8_000;

/** Read once a minute; a request that waits for it had better be sent again. */
const CONFIG_PATIENCE = { attemptsMax: 3, connectMsMax: 1_000, attemptMsMax: 1_000 } as const;
/** A limit that can't be counted in time isn't worth waiting for. */
const RATE_PATIENCE = { attemptsMax: 2, connectMsMax: 500, attemptMsMax: 500 } as const;

const environment = z
  .object({
    EVENTS_STREAM_NAME: z.string().min(1),
    QUARANTINE_BUCKET: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    INSPECTOR_TABLE: z.string().min(1),
    IDENTITY_SECRET_ID: z.string().min(1),
    WRITE_KEY_SECRET_ID: z.string().min(1),
  })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const collector: Collector = {
  stream: createEventStream(environment.EVENTS_STREAM_NAME),
  quarantine: createQuarantineStore(environment.QUARANTINE_BUCKET),
  sources: createSourceDirectory(environment.CONFIG_TABLE, environment.WRITE_KEY_SECRET_ID),
  rate: createSourceRate(createDynamoDbClient(RATE_PATIENCE), environment.CONFIG_TABLE, (error) =>
    logger.warn('a rate limit was not counted', { error: nameOf(error) }),
  ),
  identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
  count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
  onPixelLost: (error) => logger.error('a pixel was lost', { error: nameOf(error) }),
  schemas: createRegisteredSchemas(
    createDynamoDbClient(CONFIG_PATIENCE),
    environment.CONFIG_TABLE,
    (count) => metrics.addMetric('SchemasUnusable', MetricUnit.Count, count),
  ),
  inspector: createInspectorLog({
    client: createDynamoDbClient(INSPECTOR_PATIENCE),
    table: environment.INSPECTOR_TABLE,
    processId: randomUUID().slice(0, 8),
    nowMs: Date.now,
    onFailure: () => metrics.addMetric('InspectorFailures', MetricUnit.Count, 1),
  }),
};

export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use({
    after: (request) => finish(request),
    onError: (request) => {
      request.response = problemAnswer(problemOf(request.error));
      finish(request);
    },
  })
  .handler(async (event: APIGatewayProxyEvent, context: Context) => {
    const leftMs = context.getRemainingTimeInMillis() - ANSWER_MS;
    return collectRequest(event, collector, Date.now() + Math.min(leftMs, STORE_MS_MAX));
  });

interface FinishedRequest {
  readonly event: APIGatewayProxyEvent;
  response?: APIGatewayProxyResult | null | undefined;
}

function finish(request: FinishedRequest): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  if (request.response) request.response = withCors(request.event, request.response);
}

/** What isn't the sender's fault is temporary to the sender: SDKs drop events on any other 4xx. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  logger.error('events not acknowledged', { error: nameOf(error), cause: nameOf(causeOf(error)) });
  return new Problem(
    503,
    'The events could not be stored; nothing was acknowledged. Send them again.',
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Only what kind of error it is: messages of dependencies may repeat what they were sent. */
function nameOf(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  return error instanceof Error ? error.name : undefined;
}
