import middy, { type MiddyfiedHandler } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { PutEvent } from '../../adapters/kinesis/put-event.ts';
import type { ClickUrls } from './click-urls.ts';
import { answerHealth, healthPath } from './health.ts';
import { lastResort } from './last-resort.ts';
import { Recommender, type Sources } from './recommend.ts';
import { answerRecommendation, recommendationsPath } from './recommendations.ts';
import { recordServed } from './record-served.ts';
import { notFound, pathOf } from './request-path.ts';
import { countAnswer, countLastResort, publishMetrics } from './telemetry.ts';

/** What the function of recommendations works with; made once per process. */
export interface RecommendationsParts {
  readonly sources: Sources;
  readonly clickUrls: ClickUrls;
  readonly putEvent: PutEvent;
}

/** What ESPs fetch. Whatever breaks behind it, the answer is 200 and full. */
export function recommendationsHandler(
  parts: RecommendationsParts,
): MiddyfiedHandler<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const { sources } = parts;
  const recommender = new Recommender(sources);
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(publishMetrics())
    .use({
      onError: (request) => {
        countLastResort(request.error);
        const placement = placementOf(request.event) ?? '';
        const answer = lastResort(request.event, sources.placements, { placement }, Date.now());
        request.response = answerRecommendation(request.event, answer);
      },
    })
    .handler((event: APIGatewayProxyEvent) => route(event, recommender, parts));
}

async function route(
  event: APIGatewayProxyEvent,
  recommender: Recommender,
  { sources, clickUrls, putEvent }: RecommendationsParts,
): Promise<APIGatewayProxyResult> {
  if (healthPath.test(pathOf(event))) return answerHealth(await sources.model.get());
  const placement = placementOf(event);
  if (placement === undefined) {
    return notFound('There are /v1/recommendations/{placement} and /v1/health.');
  }
  const { customer, limit, variant } = event.queryStringParameters ?? {};
  const nowMs = Date.now();
  const [answer] = await Promise.all([
    recommender.answer({ placement, customer, limit, variant }, nowMs),
    clickUrls.ready(),
  ]);
  countAnswer(answer.facts);
  await recordServed(answer, variant, putEvent, nowMs);
  const recommendation = clickUrls.apply(answer.recommendation, event, nowMs);
  return answerRecommendation(event, { ...answer, recommendation });
}

function placementOf(event: APIGatewayProxyEvent): string | undefined {
  return recommendationsPath.exec(pathOf(event))?.[1];
}
