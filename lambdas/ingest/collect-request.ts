import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { RegisteredSchemas } from '../../adapters/dynamodb/registered-schemas.ts';
import { type Batch, readBatch } from '../../core/events/batch.ts';
import { jsonMayHoldEmail, mayHoldEmail } from '../../core/events/email-address.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { CALL_BYTES_MAX } from '../../core/events/limits.ts';
import type { PlainBatch } from '../../core/events/plain/plain-batch.ts';
import type { SourceDocument } from '../../core/events/source.ts';
import { readBatchSentAt } from '../../core/events/validate-call.ts';
import { plainBatchOf } from '../../core/identity/collect-plain.ts';
import { acknowledged, Problem, partlyAcknowledged } from './answers.ts';
import {
  authorizedSource,
  requireRate,
  requireServerSide,
  type SourcePorts,
} from './authorized-source.ts';
import { preflightAnswer } from './cors.ts';
import { type IntakeMetric, type IntakePorts, takeIn } from './intake.ts';
import { pixelAnswer, pixelCall } from './pixel.ts';
import { bodyBytes, parsedBody } from './request-body.ts';
import { type CallRoute, type QuestionRoute, routeOf } from './routes.ts';
import { rudderStackConfig, segmentSettings } from './sdk-settings.ts';
import { visitorOf } from './visitor.ts';
import { writeKeyOf } from './write-key.ts';

/** What the collector works with; made once per process. */
export interface Collector extends IntakePorts, SourcePorts {
  /** The customer's own schemas of events. */
  readonly schemas: RegisteredSchemas;
  readonly count: (metric: CollectMetric, value: number) => void;
  /** Hears of an image's call that could not be stored: nobody sends an image again. */
  readonly onPixelLost: (error: unknown) => void;
}

export type CollectMetric =
  | IntakeMetric
  | 'EventsRejectedUnauthorized'
  | 'EventsRejectedByRate'
  | 'PixelsLost';

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
  if (event.httpMethod === 'OPTIONS') return preflightAnswer(event, route.method);
  if (event.httpMethod !== route.method) {
    throw new Problem(405, `This path takes ${route.method} only.`);
  }
  switch (route.kind) {
    case 'dropped':
      return acknowledged();
    case 'call':
    case 'batch':
      return takeCalls(event, route, collector, deadlineMs);
    default:
      return answerQuestion(event, route, collector, deadlineMs);
  }
}

async function takeCalls(
  event: APIGatewayProxyEvent,
  route: CallRoute,
  collector: Collector,
  deadlineMs: number,
): Promise<APIGatewayProxyResult> {
  const receivedAtMs = Date.now();
  const sent = sentCalls(route, bodyBytes(event, route.bodyBytesMax));
  const source = await admitted(event, writeKeyOf(event, sent.writeKey), {
    callCount: sent.callCount,
    isImport: route.kind === 'batch' && route.isImport,
    collector,
  });
  const batchSentAt = readBatchSentAt(sent.sentAt);
  const visitor = visitorOf(event);
  const arrival = {
    ...(visitor === undefined ? {} : { visitor }),
    ...(route.kind === 'call' ? { type: route.type } : {}),
    ...(batchSentAt === undefined ? {} : { batchSentAt }),
    source,
    check: await collector.schemas.checkFor(source.schemaMode),
    receivedAtMs,
    mayHoldEmail: sent.mayHoldEmail,
    callBytesMax: route.callBytesMax,
  };
  const { acceptedCount, refused } = await takeIn(sent.calls, arrival, collector, deadlineMs);
  return refused.length === 0 ? acknowledged() : partlyAcknowledged(acceptedCount, refused);
}

/** What a body says before any of its calls is judged. */
interface SentCalls {
  readonly calls: readonly unknown[] | PlainBatch;
  readonly callCount: number;
  readonly sentAt: unknown;
  readonly writeKey: unknown;
  readonly mayHoldEmail: boolean;
}

function sentCalls(route: CallRoute, bytes: Buffer): SentCalls {
  const plain = route.kind === 'batch' ? plainBatchOf(bytes) : undefined;
  if (plain !== undefined) {
    const { sentAt, writeKey } = plain;
    return { calls: plain, callCount: plain.calls.length, sentAt, writeKey, mayHoldEmail: false };
  }
  const { value, text } = parsedBody(bytes);
  const { calls, sentAt } = batchOf(route, value);
  const writeKey = writeKeyIn(value);
  return { calls, callCount: calls.length, sentAt, writeKey, mayHoldEmail: jsonMayHoldEmail(text) };
}

function writeKeyIn(body: unknown): unknown {
  return isJsonObject(body) ? body.writeKey : undefined;
}

function batchOf(route: CallRoute, body: unknown): Batch {
  if (route.kind === 'call') return { calls: [body], sentAt: undefined };
  const batch = readBatch(body);
  if (!('problem' in batch)) return batch;
  const { path, message } = batch.problem;
  throw new Problem(batch.isTooLarge ? 413 : 400, `${path || 'The body'}: ${message}.`, [
    batch.problem,
  ]);
}

interface Admission {
  readonly callCount: number;
  readonly isImport: boolean;
  readonly collector: Collector;
}

/** The source of the calls; those that it may not send are counted by why. */
async function admitted(
  event: APIGatewayProxyEvent,
  writeKey: string | undefined,
  { callCount, isImport, collector }: Admission,
): Promise<SourceDocument> {
  try {
    const source = await authorizedSource(event, writeKey, collector);
    if (isImport) requireServerSide(source);
    await requireRate(source, callCount, collector);
    return source;
  } catch (error) {
    if (error instanceof Problem) {
      const metric = error.status === 429 ? 'EventsRejectedByRate' : 'EventsRejectedUnauthorized';
      collector.count(metric, callCount);
    }
    throw error;
  }
}

async function answerQuestion(
  event: APIGatewayProxyEvent,
  route: QuestionRoute,
  collector: Collector,
  deadlineMs: number,
): Promise<APIGatewayProxyResult> {
  if (route.kind === 'pixel') return showPixel(event, collector, deadlineMs);
  const writeKey = route.kind === 'settings' ? route.writeKey : writeKeyOf(event, undefined);
  const source = await authorizedSource(event, writeKey, collector);
  if (route.kind === 'settings') return segmentSettings(event, route.writeKey);
  return rudderStackConfig(source, writeKey ?? '');
}

async function showPixel(
  event: APIGatewayProxyEvent,
  collector: Collector,
  deadlineMs: number,
): Promise<APIGatewayProxyResult> {
  const { call, text } = pixelCall(event);
  try {
    const source = await admitted(event, writeKeyOf(event, writeKeyIn(call)), {
      callCount: 1,
      isImport: false,
      collector,
    });
    const visitor = visitorOf(event);
    const arrival = {
      ...(visitor === undefined ? {} : { visitor }),
      source,
      check: await collector.schemas.checkFor(source.schemaMode),
      receivedAtMs: Date.now(),
      mayHoldEmail: mayHoldEmail(text),
      callBytesMax: CALL_BYTES_MAX,
    };
    await takeIn([call], arrival, collector, deadlineMs);
  } catch (error) {
    // A Problem is counted where it is thrown; the rest is ours, and an image is not sent again.
    if (!(error instanceof Problem)) {
      collector.count('PixelsLost', 1);
      collector.onPixelLost(error);
    }
  }
  return pixelAnswer();
}
