import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { listTemplates } from '../../adapters/dynamodb/block-templates.ts';
import { createPutEvent } from '../../adapters/kinesis/put-event.ts';
import { BlockTemplates } from './block-templates.ts';
import { answerBlock, blocksPath } from './blocks.ts';
import { lastResort } from './last-resort.ts';
import { Recommender } from './recommend.ts';
import { recordServed } from './record-served.ts';
import { notFound, pathOf } from './request-path.ts';
import { environment } from './serve-environment.ts';
import { createClickUrls, createSources, reads } from './sources.ts';
import {
  countAnswer,
  countDocumentFailure,
  countLastResort,
  countModelFailure,
  countTemplateFailure,
  publishMetrics,
} from './telemetry.ts';

const sources = createSources(countModelFailure, countDocumentFailure);
const recommender = new Recommender(sources);
const clickUrls = createClickUrls();
const putEvent = createPutEvent(environment.EVENTS_STREAM_NAME);
const configTable = { reads, table: environment.CONFIG_TABLE };
const templates = new BlockTemplates(() => listTemplates(configTable), countTemplateFailure);
templates.refresh();

/** Recommendations as HTML. Whatever breaks behind it, the answer is 200 and full. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(publishMetrics())
  .use({
    onError: (request) => {
      countLastResort(request.error);
      const placement = placementOf(request.event) ?? '';
      const answer = lastResort(request.event, sources.placements, { placement }, Date.now());
      request.response = answerBlock(request.event, answer, templates);
    },
  })
  .handler(route);

async function route(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const placement = placementOf(event);
  if (placement === undefined) return notFound('There is /v1/blocks/{placement}.html.');
  const { customer, limit, variant } = event.queryStringParameters ?? {};
  const nowMs = Date.now();
  const [answer] = await Promise.all([
    recommender.answer({ placement, customer, limit, variant }, nowMs),
    templates.ready(),
    clickUrls.ready(),
  ]);
  countAnswer(answer.facts);
  await recordServed(answer, variant, putEvent, nowMs);
  const recommendation = clickUrls.apply(answer.recommendation, event, nowMs);
  return answerBlock(event, { ...answer, recommendation }, templates);
}

function placementOf(event: APIGatewayProxyEvent): string | undefined {
  return blocksPath.exec(pathOf(event))?.[1];
}
