import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Problem, problemAnswer } from '../ingest/answers.ts';
import { operateRequest } from './operate-request.ts';
import { previewRoute } from './operator-preview.ts';
import { PreviewSources } from './preview-sources.ts';

const logger = new Logger();
const services = { sources: new PreviewSources(), nowMs: Date.now };

/** The operators' preview, apart from their other routes: it reads what serving reads and may write nothing. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use({
    onError: (request) => {
      request.response = problemAnswer(problemOf(request.error));
    },
  })
  .handler((event: APIGatewayProxyEvent) => operateRequest(event, [previewRoute], services));

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) {
    // What is wrong on our side: its words name a store or a model, never a customer.
    if (error.status === 503) logger.error('no preview was made', { detail: error.detail });
    return error;
  }
  // Only what kind of error it is: messages of dependencies may repeat what they were sent.
  logger.error('no preview was made', { error: error instanceof Error ? error.name : 'unknown' });
  return new Problem(503, 'The preview could not be made. Try again; the function’s log has more.');
}
