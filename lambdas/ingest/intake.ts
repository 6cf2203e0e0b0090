import { randomUUID } from 'node:crypto';
import type { EventExpectations } from '../../adapters/dynamodb/event-expectations.ts';
import type { InspectorLog } from '../../adapters/dynamodb/inspector-log.ts';
import type { EventStream } from '../../adapters/kinesis/event-stream.ts';
import type { QuarantineStore } from '../../adapters/s3/quarantine-store.ts';
import { PageReadings, type Visitor } from '../../core/events/context/enrich-context.ts';
import type { EventType } from '../../core/events/event.ts';
import type { TimeReading } from '../../core/events/event-time.ts';
import type { Fact } from '../../core/events/inspection/fact.ts';
import { eventFact, quarantinedFact } from '../../core/events/inspection/make-fact.ts';
import type { PlainBatch } from '../../core/events/plain/plain-batch.ts';
import type { EventSource } from '../../core/events/source.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';
import {
  type CollectedCalls,
  type CollectOptions,
  collectCalls,
  type RefusedCall,
} from '../../core/identity/collect-calls.ts';
import { collectPlain, parsedCalls } from '../../core/identity/collect-plain.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { collectExpected } from './collect-expected.ts';
import { readUserAgent } from './user-agent.ts';

/** Where accepted events and refused calls go; made once per process. */
export interface IntakePorts {
  readonly stream: EventStream;
  readonly quarantine: QuarantineStore;
  readonly identitySecret: () => Promise<string>;
  readonly count: (metric: IntakeMetric, value: number) => void;
  /** What the shop expects of each event; nothing where it registered no suite. */
  readonly expectations?: EventExpectations;
  /** Where it is written down what became of each call; what has none is not inspected. */
  readonly inspector?: InspectorLog;
}

export type IntakeMetric =
  | 'EventsAccepted'
  | 'EventsQuarantined'
  | 'EventsUnexpected'
  | `Unexpected/${string}`;

/** What is known of calls that arrive together, by whatever way in. */
export interface Arrival {
  readonly source: EventSource;
  readonly receivedAtMs: number;
  /** Largest call, in bytes of JSON. */
  readonly callBytesMax: number;
  /** What the way in says each call is; a batch's entries say it themselves. */
  readonly type?: EventType;
  readonly batchSentAt?: TimeReading;
  /** Whether any email address may be in the calls; false spares the search. */
  readonly mayHoldEmail: boolean;
  /** What the request says of the customer; absent where a program sends. */
  readonly visitor?: Visitor;
  /** The customer's own schemas, as strictly as the source wants them. */
  readonly check?: PropertiesCheck;
}

export interface IntakeOutcome {
  readonly acceptedCount: number;
  readonly refused: readonly RefusedCall[];
}

/**
 * The one way into Kindred, whoever calls: checks each call, puts the refused ones into quarantine and
 * the accepted ones on the stream. Resolves once every call is durable in one or the other.
 * @throws when that can't be had before `deadlineMs` (epoch); then everything is to be sent again.
 */
export async function takeIn(
  calls: readonly unknown[] | PlainBatch,
  arrival: Arrival,
  ports: IntakePorts,
  deadlineMs: number,
): Promise<IntakeOutcome> {
  const [identitySecret, check] = await Promise.all([
    ports.identitySecret(),
    ports.expectations?.(),
  ]);
  const hasher = new IdentityHasher(identitySecret);
  const own = { hasher, newMessageId: randomUUID, readUserAgent, pages: new PageReadings() };
  const options = { ...arrival, ...own };
  const { collected, warned } =
    check === undefined
      ? { collected: collectedOf(calls, options), warned: [] }
      : collectExpected(calls, options, check);
  const { accepted, refused } = collected;
  // Quarantine first: when it fails nothing is on the stream yet, and the sender's retry repeats nothing.
  if (refused.length > 0) {
    const circumstances = { ...arrival, source: arrival.source.sourceId };
    const kept = refused.map((call) => quarantinedCall(call, circumstances));
    await ports.quarantine.keep(kept, deadlineMs);
  }
  if (accepted.length > 0) await ports.stream.put(accepted, deadlineMs);
  // Counted once both are done: what is not acknowledged comes again, and counts then. Zeros count
  // too: the alarm on the share of quarantined events needs both figures of a period.
  ports.count('EventsQuarantined', refused.length);
  ports.count('EventsAccepted', accepted.length);
  for (const id of warned) ports.count(`Unexpected/${id}`, 1);
  if (warned.length > 0) ports.count('EventsUnexpected', warned.length);
  // Last, when every call's fate is settled: a process may be frozen once it has answered.
  const { sourceId } = arrival.source;
  const facts = factsOf(collected, arrival.receivedAtMs);
  await ports.inspector?.note([{ sourceId, facts, eventCount: accepted.length + refused.length }]);
  return { acceptedCount: accepted.length, refused };
}

/** A plain batch of which a call is not accepted as it stands is parsed and judged call by call. */
function collectedOf(
  calls: readonly unknown[] | PlainBatch,
  options: CollectOptions,
): CollectedCalls {
  if (!('bytes' in calls)) return collectCalls(calls, options);
  const accepted = collectPlain(calls, options);
  return accepted === undefined
    ? collectCalls(parsedCalls(calls), options)
    : { accepted, refused: [] };
}

/** Refused calls first: they are what is looked for where not all can be told. */
function* factsOf({ accepted, refused }: CollectedCalls, receivedAtMs: number): Iterable<Fact> {
  for (const call of refused) yield quarantinedFact(call, receivedAtMs);
  for (const { event } of accepted) yield eventFact('accepted', event);
}
