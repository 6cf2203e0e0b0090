import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { isAllowedAddress } from '../../core/blocks/allowed-hosts.ts';
import { clickEventOf } from '../../core/blocks/click-event.ts';
import { type Click, readClickToken } from '../../core/blocks/click-token.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { requestHeader } from '../ingest/request-header.ts';
import { readUserAgent } from '../ingest/user-agent.ts';
import { linkPage } from './link-page.ts';
import { within } from './time-budget.ts';

const environment = z
  .object({
    EVENTS_STREAM_NAME: z.string().min(1),
    CLICK_SECRET_ID: z.string().min(1),
    CLICK_HOSTS: z.string().transform((text) => text.split(',').filter((host) => host !== '')),
  })
  .parse(process.env);

/** A reader waits for the shop's page, not for our record of the way there. */
const RECORD_MS_MAX = 1_000;

const logger = new Logger();
const metrics = new Metrics();
const stream = createEventStream(environment.EVENTS_STREAM_NAME);

/** `GET` and `HEAD /v1/click/{token}`: records the click and leads on to the shop. */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  try {
    return await answer(event);
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

async function answer(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const nowMs = Date.now();
  const secret = await readSecret(environment.CLICK_SECRET_ID);
  const token = event.pathParameters?.token ?? '';
  const verdict = readClickToken(token, nowMs / 1000, secret);
  if (verdict.kind === 'invalid') return refused('forged', linkPage(404));
  const { click } = verdict;
  // Judged again: a host may have been taken off the list since the link was made.
  const isAllowed = isAllowedAddress(click.url, environment.CLICK_HOSTS);
  if (!isAllowed) return refused('foreign host', linkPage(403));
  if (verdict.kind === 'expired') {
    return refused('expired', linkPage(410, new URL(click.url).origin));
  }
  await record(event, click, nowMs);
  return {
    statusCode: 302,
    headers: { location: new URL(click.url).href, 'cache-control': 'no-store' },
    body: '',
  };
}

/** A click that can't be recorded leads on all the same, and is counted. */
async function record(event: APIGatewayProxyEvent, click: Click, nowMs: number): Promise<void> {
  const header = (name: string) => requestHeader(event, name);
  const { isBot } = readUserAgent(header('user-agent') ?? '');
  const request = { method: event.httpMethod, header, isBot };
  const clicked = clickEventOf(click, request, { messageId: randomUUID(), nowMs });
  if (clicked === undefined) {
    metrics.addMetric('ClicksOfNobody', MetricUnit.Count, 1);
    return;
  }
  const data = Buffer.from(`${JSON.stringify(clicked)}\n`);
  const put = await within(RECORD_MS_MAX, () =>
    stream.put([{ data, partitionKey: partitionKeyOf(clicked) }], nowMs + RECORD_MS_MAX),
  );
  const isMachine = clicked.properties?.machine_click === true;
  metrics.addMetric('ClicksRecorded', MetricUnit.Count, put.ok && !isMachine ? 1 : 0);
  metrics.addMetric('MachineClicksRecorded', MetricUnit.Count, put.ok && isMachine ? 1 : 0);
  metrics.addMetric('ClicksLost', MetricUnit.Count, put.ok ? 0 : 1);
  if (!put.ok) logger.error('a click led on without being recorded', { cause: put.cause });
}

function refused(cause: string, page: APIGatewayProxyResult): APIGatewayProxyResult {
  metrics.addMetric('ClicksRefused', MetricUnit.Count, 1);
  logger.info('a link was refused', { cause });
  return page;
}
