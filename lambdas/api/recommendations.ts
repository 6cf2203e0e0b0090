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
  const body = JSON.stringify(recommendation);
  return httpAnswer(event, {
    body,
    contentType: 'application/json; charset=utf-8',
    maxAgeSeconds: placement.maxAgeSeconds,
    // Quotes in a value are escaped, so that nothing else reads so.
    identity: body.replace(`"generated_at":"${recommendation.generated_at}"`, ''),
    durationsMs,
  });
}
