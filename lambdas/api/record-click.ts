import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { EventStream } from '../../adapters/kinesis/event-stream.ts';
import { clickEventOf } from '../../core/blocks/click-event.ts';
import type { Click } from '../../core/blocks/click-token.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { requestHeader } from '../ingest/request-header.ts';
import { readUserAgent } from '../ingest/user-agent.ts';
import { logger, metrics } from './telemetry.ts';
import { within } from './time-budget.ts';

/** A reader waits for the shop's page, not for our record of the way there. */
const RECORD_MS_MAX = 1_000;

/** Puts the click on the stream. One that can't be recorded leads on all the same, and is counted. */
export async function recordClick(
  event: APIGatewayProxyEvent,
  click: Click,
  stream: EventStream,
  nowMs: number,
): Promise<void> {
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

export function redirect(url: string): APIGatewayProxyResult {
  return {
    statusCode: 302,
    headers: { location: new URL(url).href, 'cache-control': 'no-store' },
    body: '',
  };
}
