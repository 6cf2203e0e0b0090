import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { BlockTemplates } from './block-templates.ts';
import { httpAnswer } from './http-answer.ts';
import type { Answer } from './recommend.ts';

/** GET /v1/blocks/{placement}.html */
export const blocksPath = /\/v1\/blocks\/([^/]+?)(?:\.html)?\/?$/;

export function answerBlock(
  event: APIGatewayProxyEvent,
  answer: Answer,
  templates: BlockTemplates,
): APIGatewayProxyResult {
  const { recommendation, placement, durationsMs } = answer;
  const startedMs = performance.now();
  const html = templates.render(recommendation, placement, placement.template);
  return httpAnswer(event, {
    body: html,
    contentType: 'text/html; charset=utf-8',
    maxAgeSeconds: placement.maxAgeSeconds,
    identity: html,
    durationsMs: { ...durationsMs, render: performance.now() - startedMs },
  });
}
