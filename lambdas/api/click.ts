import { MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { isAllowedAddress } from '../../core/blocks/allowed-hosts.ts';
import { readClickToken } from '../../core/blocks/click-token.ts';
import { linkPage } from './link-page.ts';
import { recordClick, redirect } from './record-click.ts';
import { logger, metrics, publishMetrics } from './telemetry.ts';

const environment = z
  .object({
    EVENTS_STREAM_NAME: z.string().min(1),
    CLICK_SECRET_ID: z.string().min(1),
    CLICK_HOSTS: z.string().transform((text) => text.split(',').filter((host) => host !== '')),
  })
  .parse(process.env);

const stream = createEventStream(environment.EVENTS_STREAM_NAME);

/** `GET` and `HEAD /v1/click/{token}`: records the click and leads on to the shop. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(publishMetrics())
  .handler(answer);

async function answer(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const nowMs = Date.now();
  const secret = await readSecret(environment.CLICK_SECRET_ID);
  const verdict = readClickToken(event.pathParameters?.token ?? '', nowMs / 1000, secret);
  if (verdict.kind === 'invalid') return refused('forged', linkPage(404));
  const { click } = verdict;
  // Judged again: a host may have been taken off the list since the link was made.
  const isAllowed = isAllowedAddress(click.url, environment.CLICK_HOSTS);
  if (!isAllowed) return refused('foreign host', linkPage(403));
  if (verdict.kind === 'expired') {
    return refused('expired', linkPage(410, new URL(click.url).origin));
  }
  await recordClick(event, click, stream, nowMs);
  return redirect(click.url);
}

function refused(cause: string, page: APIGatewayProxyResult): APIGatewayProxyResult {
  metrics.addMetric('ClicksRefused', MetricUnit.Count, 1);
  logger.info('a link was refused', { cause });
  return page;
}
