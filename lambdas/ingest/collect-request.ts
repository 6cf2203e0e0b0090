import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { SourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import type { EventStream } from '../../adapters/kinesis/event-stream.ts';
import type { QuarantineStore } from '../../adapters/s3/quarantine-store.ts';
import { type Batch, readBatch } from '../../core/events/batch.ts';
import { mayHoldEmail } from '../../core/events/email-address.ts';
import { readBatchSentAt } from '../../core/events/validate-call.ts';
import { type CollectedCalls, collectCalls } from '../../core/identity/collect-calls.ts';
import type { EventSource } from '../../core/identity/collect-event.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { acknowledged, Problem, partlyAcknowledged } from './answers.ts';
import { preflightAnswer } from './cors.ts';
import { type RequestBody, readBody } from './request-body.ts';
import { type Route, routeOf } from './routes.ts';
import { writeKeyOf } from './write-key.ts';

/** What the collector works with; made once per process. */
export interface Collector {
  readonly stream: EventStream;
  readonly quarantine: QuarantineStore;
  readonly sources: SourceDirectory;
  readonly identitySecret: () => Promise<string>;
  readonly count: (metric: CollectMetric, value: number) => void;
}

export type CollectMetric = 'EventsAccepted' | 'EventsQuarantined' | 'EventsRejectedUnauthorized';

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
  const identitySecret = await collector.identitySecret();
  const batchSentAt = readBatchSentAt(batch.sentAt);
  const collected = collectCalls(batch.calls, {
    ...(route.kind === 'call' ? { type: route.type } : {}),
    ...(batchSentAt === undefined ? {} : { batchSentAt }),
    source,
    receivedAtMs,
    identitySecret,
    mayHoldEmail: mayHoldEmail(body.text),
    newMessageId: randomUUID,
    callBytesMax: route.callBytesMax,
  });
  await store(collected, source, receivedAtMs, collector, deadlineMs);
  return collected.refused.length === 0
    ? acknowledged()
    : partlyAcknowledged(collected.accepted.length, collected.refused);
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

/** Quarantine first: when it fails nothing is on the stream yet, and the sender's retry repeats nothing. */
async function store(
  { accepted, refused }: CollectedCalls,
  source: EventSource,
  receivedAtMs: number,
  collector: Collector,
  deadlineMs: number,
): Promise<void> {
  if (refused.length > 0) {
    const kept = refused.map((call) => quarantinedCall(call, source.sourceId, receivedAtMs));
    await collector.quarantine.keep(kept, deadlineMs);
  }
  if (accepted.length > 0) await collector.stream.put(accepted, deadlineMs);
  // Counted once both are done: what is not acknowledged comes again, and counts then. Zeros count
  // too: the alarm on the share of quarantined events needs both figures of a period.
  collector.count('EventsQuarantined', refused.length);
  collector.count('EventsAccepted', accepted.length);
}
