import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { Problem, problemAnswer } from '../ingest/answers.ts';
import { operateRequest } from './operate-request.ts';
import { operatorRoutes } from './operator-routes.ts';
import type { OperatorServices } from './operator-services.ts';

/** An operator waits for an answer; API Gateway hangs up after 29 s. */
const ATTEMPTS_MAX = 3;
const CONNECT_MS_MAX = 2_000;
const ATTEMPT_MS_MAX = 5_000;

const logger = new Logger();
const requestHandler = { requestTimeout: ATTEMPT_MS_MAX, throwOnRequestTimeout: true };
const services: OperatorServices = {
  dynamoDb: createDynamoDbClient({
    attemptsMax: ATTEMPTS_MAX,
    connectMsMax: CONNECT_MS_MAX,
    attemptMsMax: ATTEMPT_MS_MAX,
  }),
  s3: new S3Client({ maxAttempts: ATTEMPTS_MAX, requestHandler }),
  sfn: new SFNClient({ maxAttempts: ATTEMPTS_MAX, requestHandler }),
  setting: (name) => {
    const value = process.env[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set`);
    return value;
  },
  nowMs: Date.now,
};

/** The operators' API: who may call what is IAM's to say, before this function is asked. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use({
    onError: (request) => {
      request.response = problemAnswer(problemOf(request.error));
    },
  })
  .handler((event: APIGatewayProxyEvent) => operateRequest(event, operatorRoutes, services));

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Only what kind of error it is: messages of dependencies may repeat what they were sent.
  logger.error('request not answered', { error: error instanceof Error ? error.name : 'unknown' });
  return new Problem(503, 'A service behind this API could not be asked. Try again.');
}
