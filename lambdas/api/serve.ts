import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { answerBlock, blocksPath } from './blocks.ts';
import { answerHealth, healthPath } from './health.ts';
import { lastResort } from './last-resort.ts';
import { Recommender } from './recommend.ts';
import { answerRecommendation, recommendationsPath } from './recommendations.ts';
import { createSources } from './sources.ts';
import {
  countAnswer,
  countLastResort,
  countModelFailure,
  countPlacementFailure,
  publishMetrics,
} from './telemetry.ts';

const sources = createSources(countModelFailure, countPlacementFailure);
const recommender = new Recommender(sources);

/** What ESPs fetch. Whatever breaks behind it, the answer is 200 and full. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(publishMetrics())
  .use({
    onError: (request) => {
      countLastResort(request.error);
      const { placement, isBlock } = askedFor(request.event);
      const asked = { placement: placement ?? '', isBlock };
      request.response = lastResort(request.event, sources.placements, asked, Date.now());
    },
  })
  .handler(route);

async function route(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  if (healthPath.test(pathOf(event))) return answerHealth(await sources.model.get());
  const { placement, isBlock } = askedFor(event);
  if (placement === undefined) return notFound();
  const { customer, limit, variant } = event.queryStringParameters ?? {};
  const answer = await recommender.answer({ placement, customer, limit, variant }, Date.now());
  countAnswer(answer.facts);
  return isBlock ? answerBlock(event, answer) : answerRecommendation(event, answer);
}

function askedFor(event: APIGatewayProxyEvent): {
  readonly placement: string | undefined;
  readonly isBlock: boolean;
} {
  const block = blocksPath.exec(pathOf(event))?.[1];
  const placement = block ?? recommendationsPath.exec(pathOf(event))?.[1];
  return { placement, isBlock: block !== undefined };
}

/** With the stage, as it was asked for; `event.path` leaves the stage out. */
function pathOf(event: APIGatewayProxyEvent): string {
  return event.requestContext.path;
}

/** Only reachable when the template routes a path here that it shouldn't. */
function notFound(): APIGatewayProxyResult {
  return {
    statusCode: 404,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail:
        'There are /v1/recommendations/{placement}, /v1/blocks/{placement}.html and /v1/health.',
    }),
  };
}
