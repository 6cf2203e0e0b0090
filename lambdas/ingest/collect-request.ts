import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { SourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import { type Batch, readBatch } from '../../core/events/batch.ts';
import { mayHoldEmail } from '../../core/events/email-address.ts';
import type { EventSource } from '../../core/events/source.ts';
import { readBatchSentAt } from '../../core/events/validate-call.ts';
import { acknowledged, Problem, partlyAcknowledged } from './answers.ts';
import { preflightAnswer } from './cors.ts';
import { type IntakeMetric, type IntakePorts, takeIn } from './intake.ts';
import { type RequestBody, readBody } from './request-body.ts';
import { type Route, routeOf } from './routes.ts';
import { visitorOf } from './visitor.ts';
import { writeKeyOf } from './write-key.ts';

/** What the collector works with; made once per process. */
export interface Collector extends IntakePorts {
  readonly sources: SourceDirectory;
  readonly count: (metric: CollectMetric, value: number) => void;
}

export type CollectMetric = IntakeMetric | 'EventsRejectedUnauthorized';

/**
 * Takes a request of the Segment HTTP Tracking API: 200 once every accepted event is durable.
 * @throws Problem for every other answer that the sender caused; anything else is ours, and temporary.
 */
export async function collectRequest(
  event: APIGatewayProxyEvent,
  collector: Collector,
  deadlineMs: number,
): Promise<APIGatewayProxyResult> {
  // With the stage, which is the `/v1`; `event.path` leaves it out.
  const route = routeOf(event.requestContext.path);
  if (route === undefined) throw new Problem(404, 'No such path; see the list of /v1 paths.');
  if (event.httpMethod === 'OPTIONS') return preflightAnswer(event);
  if (event.httpMethod !== 'POST') throw new Problem(405, 'This path takes POST only.');
  if (route.kind === 'dropped') return acknowledged();

  const receivedAtMs = Date.now();
  const body = readBody(event, route.bodyBytesMax);
  const batch = batchOf(route, body.value);
  const source = await sourceOf(event, body, batch.calls.length, collector);
  const batchSentAt = readBatchSentAt(batch.sentAt);
  const visitor = visitorOf(event);
  const arrival = {
    ...(visitor === undefined ? {} : { visitor }),
    ...(route.kind === 'call' ? { type: route.type } : {}),
    ...(batchSentAt === undefined ? {} : { batchSentAt }),
    source,
    receivedAtMs,
    mayHoldEmail: mayHoldEmail(body.text),
    callBytesMax: route.callBytesMax,
  };
  const { acceptedCount, refused } = await takeIn(batch.calls, arrival, collector, deadlineMs);
  return refused.length === 0 ? acknowledged() : partlyAcknowledged(acceptedCount, refused);
}

type CallRoute = Exclude<Route, { kind: 'dropped' }>;

function batchOf(route: CallRoute, body: unknown): Batch {
  if (route.kind === 'call') return { calls: [body], sentAt: undefined };
  const batch = readBatch(body);
  if (!('problem' in batch)) return batch;
  const { path, message } = batch.problem;
  throw new Problem(batch.isTooLarge ? 413 : 400, `${path || 'The body'}: ${message}.`, [
    batch.problem,
  ]);
}

async function sourceOf(
  event: APIGatewayProxyEvent,
  body: RequestBody,
  callCount: number,
  collector: Collector,
): Promise<EventSource> {
  const writeKey = writeKeyOf(event, body.value);
  const source = writeKey === undefined ? undefined : await collector.sources.find(writeKey);
  if (source !== undefined) return source;
  collector.count('EventsRejectedUnauthorized', callCount);
  throw new Problem(
    401,
    writeKey === undefined
      ? 'No write key; send it as the user name of HTTP Basic, in X-Write-Key, or as writeKey in the body or the query.'
      : 'Unknown write key; check it against the one of your source.',
  );
}
