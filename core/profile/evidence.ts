import { hash as digestOf } from 'node:crypto';
import { IDENTITIES_MAX } from '../identity/profile-id.ts';
import {
  combineMarks,
  isEveryMarkKept,
  isMarked,
  type MessageMark,
  minuteOf,
  oldestMinuteMs,
  withMark,
} from './message-marks.ts';
import type { Profile } from './profile.ts';

export type Evidence = Profile['evidence'];
export type Lanes = Evidence['lanes'];

/**
 * How many lanes a profile remembers. A lane belongs to one identity of the profile, so
 * IDENTITIES_MAX of them are all there are as long as producers use the identity as partition key;
 * beyond, the lane with the lowest sequence number goes.
 */
export const LANES_MAX = IDENTITIES_MAX;

/** The collector's clock says when an event was received, the stream's when it arrived. */
export const CLOCK_DIFFERENCE_MS_MAX = 60_000;

/** 54 bits: of 48 lanes two would share a name once in 10^13 customers. */
const LANE_LENGTH = 9;
/** 42 bits: with a hundred of them to meet, one event in 4 · 10^10 would be taken for another. */
const MESSAGE_HASH_LENGTH = 7;

/** The lane of what no stream keeps in order: its message id is the only evidence. */
export const NO_LANE = '';

export const noEvidence: Evidence = { lanes: {}, messages: '' };

/** Proof that one event came in, and where it stood in the stream. */
export interface Delivery {
  readonly lane: string;
  /** Decimal digits without leading zeros, as Kinesis gives it. */
  readonly sequenceNumber: string;
  readonly messageId: string;
  /** When the stream took it. */
  readonly arrivedAtMs: number;
  /** Of an event that was sent again out of the lake: when the collector received it at first. */
  readonly firstReceivedMs?: number | undefined;
  /** Filled in here when it is asked for first: it is a hash and a long number, and asked for several times over. */
  proof?: Proof | undefined;
}

interface Proof {
  /** Whose it is: a copy with another message has the field and not the proof. */
  readonly delivery: Delivery;
  readonly mark: MessageMark;
  /** See laneSequence. */
  readonly sequence: string;
}

/**
 * The lane of a record: its partition key and its event's strongest identity. Kinesis keeps the order
 * of one partition key, and events with one strongest identity all go to one profile, so within a
 * lane a lower sequence number than one already folded has been folded too.
 */
export function laneOf(partitionKey: string, strongestRef: string): string {
  const known = knownLanes.get(strongestRef);
  if (known !== undefined && known.partitionKey === partitionKey) return known.lane;
  const name = `${strongestRef} ${partitionKey}`;
  const lane = digestOf('sha256', name, 'base64url').slice(0, LANE_LENGTH);
  if (knownLanes.size >= KNOWN_LANES_MAX) knownLanes.clear();
  knownLanes.set(strongestRef, { partitionKey, lane });
  return lane;
}

/** A customer's events come in rows, and a visit's in several batches. About a megabyte. */
const KNOWN_LANES_MAX = 4_096;
const knownLanes = new Map<string, { readonly partitionKey: string; readonly lane: string }>();

/** Whether the event is in the profile for sure: delivered again, or sent again by its client. */
export function isProven(evidence: Evidence, delivery: Delivery): boolean {
  return isRedelivery(evidence, delivery) || isMarked(evidence.messages, proofOf(delivery).mark);
}

/**
 * Whether a replayed event came before all messages that the profile remembers. It has been on the stream
 * once, so it was folded then, and its message has been forgotten since. One that came later would be
 * remembered: of what arrived after the oldest remembered message, nothing has been forgotten. That holds of
 * the profile of the event's strongest identity alone, so ask before anything is joined to it.
 */
export function isForgotten({ messages }: Evidence, { firstReceivedMs }: Delivery): boolean {
  if (firstReceivedMs === undefined || isEveryMarkKept(messages)) return false;
  return firstReceivedMs <= oldestMinuteMs(messages) + CLOCK_DIFFERENCE_MS_MAX;
}

/** Adds a delivery's proof. */
export function withDelivery(evidence: Evidence, delivery: Delivery): Evidence {
  const more = { lanes: { ...evidence.lanes }, messages: evidence.messages };
  addDelivery(more, delivery);
  return more;
}

/** The same in place, for who has evidence of its own; `lanes` must not be anybody else's either. */
export function addDelivery(evidence: Evidence, delivery: Delivery): void {
  const { mark, sequence } = proofOf(delivery);
  const { lane, firstReceivedMs } = delivery;
  // Under another minute it would take the room of a message that is still to come again.
  const isKnown = firstReceivedMs !== undefined && isMarked(evidence.messages, mark);
  if (!isKnown) evidence.messages = withMark(evidence.messages, mark);
  if (lane === NO_LANE) return;
  const last = evidence.lanes[lane];
  if (last === undefined) evidence.lanes = combineLanes(evidence.lanes, { [lane]: sequence });
  else if (compareSequence(last, sequence) < 0) evidence.lanes[lane] = sequence;
}

/** Everything that either proves, within the bounds. Commutative, associative and idempotent. */
export function combineEvidence(a: Evidence, b: Evidence): Evidence {
  return { lanes: combineLanes(a.lanes, b.lanes), messages: combineMarks(a.messages, b.messages) };
}

/** Sequence numbers are whole numbers of up to 56 digits: the longer is the greater. */
export function compareSequence(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Whether this very record was folded before: its lane has come as far. */
export function isRedelivery({ lanes }: Evidence, delivery: Delivery): boolean {
  const last = lanes[delivery.lane];
  return last !== undefined && compareSequence(proofOf(delivery).sequence, last) <= 0;
}

/** The higher number of each lane, of the LANES_MAX lanes with the highest. */
export function combineLanes(a: Lanes, b: Lanes): Lanes {
  const lanes = new Map(Object.entries(a));
  for (const [lane, sequence] of Object.entries(b)) {
    const known = lanes.get(lane);
    if (known === undefined || compareSequence(known, sequence) < 0) lanes.set(lane, sequence);
  }
  return Object.fromEntries(newestLanes([...lanes], LANES_MAX));
}

/** The `countMax` lanes that came furthest, furthest first where some are left out. */
export function newestLanes(lanes: [string, string][], countMax: number): [string, string][] {
  if (lanes.length <= countMax) return lanes;
  return lanes
    .toSorted(([laneA, x], [laneB, y]) => compareSequence(y, x) || (laneA < laneB ? -1 : 1))
    .slice(0, countMax);
}

/** A sequence number as lanes keep it: in base 32, which orders as decimals do and is a third shorter. */
export function laneSequence(sequenceNumber: string): string {
  return BigInt(sequenceNumber).toString(32);
}

/** A message's mark, of its hash in base64url and the time of its arrival. */
export function messageMark(messageHash: string, arrivedAtMs: number): MessageMark {
  return { minute: minuteOf(arrivedAtMs), hash: messageHash.slice(0, MESSAGE_HASH_LENGTH) };
}

function proofOf(delivery: Delivery): Proof {
  if (delivery.proof?.delivery === delivery) return delivery.proof;
  const { messageId, arrivedAtMs, firstReceivedMs = arrivedAtMs, sequenceNumber } = delivery;
  // A replayed message keeps its first place among the others. Were it moved to the newest, a replay would
  // push the oldest remembered time past events that it has yet to bring, and they would be taken for folded.
  const timeMs = Math.min(firstReceivedMs, arrivedAtMs);
  const proof: Proof = {
    delivery,
    mark: messageMark(digestOf('sha256', messageId, 'base64url'), timeMs),
    sequence: laneSequence(sequenceNumber),
  };
  delivery.proof = proof;
  return proof;
}
