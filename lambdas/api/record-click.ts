import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { EventStream } from '../../adapters/kinesis/event-stream.ts';
import { type ClickRequest, clickEventOf } from '../../core/blocks/click-event.ts';
import type { Click } from '../../core/blocks/click-token.ts';
import { type View, viewedEventOf } from '../../core/blocks/viewed-event.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import { requestHeader } from '../ingest/request-header.ts';
import { readUserAgent } from '../ingest/user-agent.ts';
import { logger, metrics } from './telemetry.ts';
import { type Outcome, within } from './time-budget.ts';

/** A reader waits for the shop's page, not for our record of the way there. */
const RECORD_MS_MAX = 1_000;

/** Puts the click on the stream. One that can't be recorded leads on all the same, and is counted. */
export async function recordClick(
  event: APIGatewayProxyEvent,
  click: Click,
  stream: EventStream,
  nowMs: number,
): Promise<void> {
  const clicked = clickEventOf(click, requestOf(event), { messageId: randomUUID(), nowMs });
  if (clicked === undefined) {
    metrics.addMetric('ClicksOfNobody', MetricUnit.Count, 1);
    return;
  }
  const put = await record(clicked, stream, nowMs);
  const isMachine = clicked.properties?.machine_click === true;
  metrics.addMetric('ClicksRecorded', MetricUnit.Count, put.ok && !isMachine ? 1 : 0);
  metrics.addMetric('MachineClicksRecorded', MetricUnit.Count, put.ok && isMachine ? 1 : 0);
  metrics.addMetric('ClicksLost', MetricUnit.Count, put.ok ? 0 : 1);
  if (!put.ok) logger.error('a click led on without being recorded', { cause: put.cause });
}

/** Puts on the stream that a variant's image was seen, where it was; the image is given whatever becomes of it. */
export async function recordView(
  event: APIGatewayProxyEvent,
  view: View,
  stream: EventStream,
  nowMs: number,
): Promise<void> {
  const viewed = viewedEventOf(view, requestOf(event), nowMs);
  if (viewed === undefined) return;
  const put = await record(viewed, stream, nowMs);
  metrics.addMetric('ServedLost', MetricUnit.Count, put.ok ? 0 : 1);
  if (!put.ok) logger.error('a view was not recorded', { cause: put.cause });
}

function requestOf(event: APIGatewayProxyEvent): ClickRequest {
  const header = (name: string) => requestHeader(event, name);
  const { isBot } = readUserAgent(header('user-agent') ?? '');
  return { method: event.httpMethod, header, isBot };
}

function record(event: CollectedEvent, stream: EventStream, nowMs: number): Promise<Outcome<void>> {
  const data = Buffer.from(`${JSON.stringify(event)}\n`);
  return within(RECORD_MS_MAX, async () => {
    await stream.put([{ data, partitionKey: partitionKeyOf(event) }], nowMs + RECORD_MS_MAX);
  });
}

export function redirect(url: string): APIGatewayProxyResult {
  return {
    statusCode: 302,
    headers: { location: new URL(url).href, 'cache-control': 'no-store' },
    body: '',
  };
}
