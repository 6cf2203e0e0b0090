import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { renderHtml } from '../../core/blocks/render-html.ts';
import { httpAnswer } from './http-answer.ts';
import type { Answer } from './recommend.ts';

/** GET /v1/blocks/{placement}.html */
export const blocksPath = /\/v1\/blocks\/([^/]+?)(?:\.html)?\/?$/;

export function answerBlock(event: APIGatewayProxyEvent, answer: Answer): APIGatewayProxyResult {
  const { recommendation, placement, durationsMs } = answer;
  const html = renderHtml(recommendation, placement);
  return httpAnswer(event, {
    body: html,
    contentType: 'text/html; charset=utf-8',
    maxAgeSeconds: placement.maxAgeSeconds,
    identity: html,
    durationsMs,
  });
}
