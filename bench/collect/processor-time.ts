import { validateCall } from '../../core/events/validate-call.ts';
import { collectRequest } from '../../lambdas/ingest/collect-request.ts';
import { atMost, type Check, median, shown } from '../check.ts';
import { collectorInMemory, requestOf } from './collector-in-memory.ts';
import { addressedBatch, BATCH_EVENTS, invalidBatch, realisticBatch } from './realistic-batch.ts';

const BATCHES = 50;
const ROUNDS = 80;
/** The first rounds are compiled while they run. */
const WARM_UP_ROUNDS = 20;

/**
 * Processor time of an accepted event in batches of twenty one-kilobyte events, as ratios to
 * `JSON.parse` of the same bytes; rounds of all variants take turns, medians are compared.
 */
export async function benchProcessorTime(): Promise<Check[]> {
  const bodies = batchesOf(realisticBatch);
  const requests = bodies.map(requestOf);
  const addressedRequests = batchesOf(addressedBatch).map(requestOf);
  const invalidRequests = batchesOf(invalidBatch).map(requestOf);
  const parsed = bodies.map((body) => JSON.parse(body.toString()).batch as unknown[]);
  const collector = collectorInMemory();
  const times = { parse: [0], validate: [0], whole: [0], addressed: [0], invalid: [0] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const parse = timed(() => bodies.map((body) => JSON.parse(body.toString())));
    const validate = timed(() => parsed.map((calls) => calls.map(validated)));
    const whole = await timedRequests(requests, collector, 200);
    const addressed = await timedRequests(addressedRequests, collector, 200);
    const invalid = await timedRequests(invalidRequests, collector, 400);
    if (round < WARM_UP_ROUNDS) continue;
    times.parse.push(parse);
    times.validate.push(validate);
    times.whole.push(whole);
    times.addressed.push(addressed);
    times.invalid.push(invalid);
  }
  const of = (name: keyof typeof times) => median(times[name].slice(1)) / BATCHES / BATCH_EVENTS;
  const [parse, validate, whole, addressed, invalid] = [
    of('parse'),
    of('validate'),
    of('whole'),
    of('addressed'),
    of('invalid'),
  ];
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0) / BATCHES / BATCH_EVENTS;
  return [
    shown('bytes of an event', bytes, 'bytes'),
    shown('JSON.parse alone, an event', parse, 'µs'),
    atMost('validation alone / JSON.parse', validate / parse, '×', 1.3),
    atMost('collector whole / JSON.parse', whole / parse, '×', 3),
    shown('the same, an address in each batch', addressed / parse, '×'),
    atMost('all invalid / all valid', invalid / whole, '×', 3),
  ];
}

const RECEIVED_AT_MS = Date.UTC(2026, 10, 23, 9, 15);

function validated(call: unknown): void {
  const outcome = validateCall(call, { receivedAtMs: RECEIVED_AT_MS });
  if (outcome.kind !== 'valid') throw new Error('a call of the benchmark is refused');
}

function batchesOf(make: (batchNumber: number) => object): Buffer[] {
  return Array.from({ length: BATCHES }, (_, index) => Buffer.from(JSON.stringify(make(index))));
}

function timed(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return (performance.now() - startMs) * 1000;
}

async function timedRequests(
  requests: readonly ReturnType<typeof requestOf>[],
  collector: ReturnType<typeof collectorInMemory>,
  expectedStatus: number,
): Promise<number> {
  const startMs = performance.now();
  for (const request of requests) {
    const answer = await collectRequest(request, collector, Number.MAX_SAFE_INTEGER);
    if (answer.statusCode !== expectedStatus) throw new Error(`answered ${answer.statusCode}`);
  }
  return (performance.now() - startMs) * 1000;
}
