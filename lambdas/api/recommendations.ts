import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { httpAnswer } from './http-answer.ts';
import type { Answer } from './recommend.ts';

/** GET /v1/recommendations/{placement} */
export const recommendationsPath = /\/v1\/recommendations\/([^/]+)\/?$/;

export function answerRecommendation(
  event: APIGatewayProxyEvent,
  answer: Answer,
): APIGatewayProxyResult {
  const { recommendation, placement, durationsMs } = answer;
  return httpAnswer(event, {
    body: JSON.stringify(recommendation),
    contentType: 'application/json; charset=utf-8',
    maxAgeSeconds: placement.maxAgeSeconds,
    identity: JSON.stringify({ ...recommendation, generated_at: '' }),
    durationsMs,
  });
}
