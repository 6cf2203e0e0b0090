import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createSourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import { createSourceRate } from '../../adapters/dynamodb/source-rate.ts';
import { Problem, problemAnswer } from './answers.ts';
import { type Collector, collectRequest } from './collect-request.ts';
import { withCors } from './cors.ts';
import { createIntake, intakeVariables } from './intake-services.ts';

/** Kept back of the invocation's time for the answer itself. */
const ANSWER_MS = 1_000;
/** SDKs give up after 10 s; an answer later than that is heard by nobody. */
const STORE_MS_MAX = 8_000;

/** Read once a minute; a request that waits for it had better be sent again. */
const CONFIG_PATIENCE = { attemptsMax: 3, connectMsMax: 1_000, attemptMsMax: 1_000 } as const;
/** A limit that can't be counted in time isn't worth waiting for. */
const RATE_PATIENCE = { attemptsMax: 2, connectMsMax: 500, attemptMsMax: 500 } as const;

const environment = intakeVariables
  .extend({ WRITE_KEY_SECRET_ID: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const intake = createIntake(environment, metrics, createDynamoDbClient(CONFIG_PATIENCE));
const collector: Collector = {
  ...intake.ports,
  sources: createSourceDirectory(environment.CONFIG_TABLE, environment.WRITE_KEY_SECRET_ID),
  rate: createSourceRate(createDynamoDbClient(RATE_PATIENCE), environment.CONFIG_TABLE, (error) =>
    logger.warn('a rate limit was not counted', { error: nameOf(error) }),
  ),
  onPixelLost: (error) => logger.error('a pixel was lost', { error: nameOf(error) }),
  schemas: intake.schemas,
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
