import { hash as digestOf } from 'node:crypto';
import { IDENTITIES_MAX } from '../identity/profile-id.ts';
import type { Profile } from './profile.ts';

export type Evidence = Profile['evidence'];

/**
 * How many lanes a profile remembers. A lane belongs to one identity of the profile, so
 * IDENTITIES_MAX of them are all there are as long as producers use the identity as partition key;
 * beyond, the lane with the lowest sequence number goes.
 */
export const LANES_MAX = IDENTITIES_MAX;

/**
 * How many message ids a profile remembers: a client's retry is caught as long as fewer than this
 * many other events of the same customer came between. 2 KB of each profile.
 */
export const MESSAGES_MAX = 128;

/** Arrival in milliseconds, base 36, eight digits (until the year 2059): sorts as text. */
const MARK_TIME_LENGTH = 8;
/** The collector's clock says when an event was received, the stream's when it arrived. */
export const CLOCK_DIFFERENCE_MS_MAX = 60_000;
/** 54 bits: with 128 of them to meet, one event in 10^14 would be taken for another. */
const MARK_HASH_LENGTH = 9;
const MARK_LENGTH = MARK_TIME_LENGTH + MARK_HASH_LENGTH;

/** The lane of what no stream keeps in order: its message id is the only evidence. */
export const NO_LANE = '';

/** Proof that one event came in, and where it stood in the stream. */
export interface Delivery {
  readonly lane: string;
  /** Decimal digits without leading zeros, as Kinesis gives it. */
  readonly sequenceNumber: string;
  readonly messageId: string;
  /** When the stream took it. */
  readonly arrivedAtMs: number;
  /** Of an event that was sent again out of the lake: when the collector received it at first. */
  readonly firstReceivedMs?: number;
}

/**
 * The lane of a record: its partition key and its event's strongest identity. Kinesis keeps the order
 * of one partition key, and events with one strongest identity all go to one profile, so within a
 * lane a lower sequence number than one already folded has been folded too.
 */
export function laneOf(partitionKey: string, strongestRef: string): string {
  return hash(`${strongestRef} ${partitionKey}`).slice(0, 11);
}

/** Whether the event is in the profile for sure: delivered again, or sent again by its client. */
export function isProven(evidence: Evidence, delivery: Delivery): boolean {
  return isRedelivery(evidence, delivery) || isResent(evidence, delivery);
}

/**
 * Whether a replayed event came before all messages that the profile remembers. It has been on the stream
 * once, so it was folded then, and its message has been forgotten since. One that came later would be
 * remembered: of what arrived after the oldest remembered message, nothing has been forgotten. That holds of
 * the profile of the event's strongest identity alone, so ask before anything is joined to it.
 */
export function isForgotten(evidence: Evidence, { firstReceivedMs }: Delivery): boolean {
  if (firstReceivedMs === undefined) return false;
  if (evidence.messages.length < MESSAGES_MAX * MARK_LENGTH) return false;
  const oldestMs = Number.parseInt(evidence.messages.slice(0, MARK_TIME_LENGTH), 36);
  return firstReceivedMs <= oldestMs + CLOCK_DIFFERENCE_MS_MAX;
}

/** Adds a delivery's proof. */
export function withDelivery(evidence: Evidence, delivery: Delivery): Evidence {
  return combineEvidence(evidence, {
    lanes: delivery.lane === NO_LANE ? {} : { [delivery.lane]: delivery.sequenceNumber },
    messages: markOf(delivery),
  });
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
export function isRedelivery(evidence: Evidence, delivery: Delivery): boolean {
  const last = evidence.lanes[delivery.lane];
  return last !== undefined && compareSequence(delivery.sequenceNumber, last) <= 0;
}

/** Whether the event came before under another sequence number. */
function isResent(evidence: Evidence, delivery: Delivery): boolean {
  const wanted = markOf(delivery).slice(MARK_TIME_LENGTH);
  // One native search for most events, which are new; a find may lie across two marks.
  if (!evidence.messages.includes(wanted)) return false;
  for (let at = MARK_TIME_LENGTH; at < evidence.messages.length; at += MARK_LENGTH) {
    if (evidence.messages.startsWith(wanted, at)) return true;
  }
  return false;
}

function combineLanes(a: Evidence['lanes'], b: Evidence['lanes']): Evidence['lanes'] {
  const [lane = '', ...others] = Object.keys(b);
  const known = a[lane];
  const isNext = others.length === 0 && known !== undefined;
  // The customer's next event in the lane of the one before: by far the most.
  if (isNext) return compareSequence(known, b[lane] ?? '') < 0 ? { ...a, ...b } : a;
  return combineAnyLanes(a, b);
}

function combineAnyLanes(a: Evidence['lanes'], b: Evidence['lanes']): Evidence['lanes'] {
  const lanes = new Map(Object.entries(a));
  for (const [lane, sequence] of Object.entries(b)) {
    const known = lanes.get(lane);
    if (known === undefined || compareSequence(known, sequence) < 0) lanes.set(lane, sequence);
  }
  if (lanes.size <= LANES_MAX) return Object.fromEntries(lanes);
  const newestFirst = [...lanes].sort(
    ([laneA, x], [laneB, y]) => compareSequence(y, x) || (laneA < laneB ? -1 : 1),
  );
  return Object.fromEntries(newestFirst.slice(0, LANES_MAX));
}

/** The latest mark of each message, oldest first, cut to the newest MESSAGES_MAX. */
function combineMarks(a: string, b: string): string {
  return isNewer(a, b) ? (a + b).slice(-MESSAGES_MAX * MARK_LENGTH) : combineAnyMarks(a, b);
}

/** Whether `b` is one mark of a message that `a` doesn't know, later than all of them: by far the most are. */
function isNewer(a: string, b: string): boolean {
  return (
    b.length === MARK_LENGTH && b > a.slice(-MARK_LENGTH) && !a.includes(b.slice(MARK_TIME_LENGTH))
  );
}

function combineAnyMarks(a: string, b: string): string {
  const times = new Map<string, string>();
  for (const mark of [...marksIn(a), ...marksIn(b)]) {
    const messageHash = mark.slice(MARK_TIME_LENGTH);
    const time = mark.slice(0, MARK_TIME_LENGTH);
    const known = times.get(messageHash);
    if (known === undefined || known < time) times.set(messageHash, time);
  }
  const marks = Array.from(times, ([messageHash, time]) => time + messageHash).sort();
  return marks.slice(-MESSAGES_MAX).join('');
}

function marksIn(messages: string): string[] {
  const marks: string[] = [];
  for (let at = 0; at < messages.length; at += MARK_LENGTH) {
    marks.push(messages.slice(at, at + MARK_LENGTH));
  }
  return marks;
}

/** A delivery's mark is asked for several times over, and is a hash. */
const marks = new WeakMap<Delivery, string>();

function markOf(delivery: Delivery): string {
  const known = marks.get(delivery);
  if (known !== undefined) return known;
  const mark = newMarkOf(delivery);
  marks.set(delivery, mark);
  return mark;
}

/**
 * A replayed message keeps its first place among the others. Were it moved to the newest, a replay would push
 * the oldest remembered time past events that it has yet to bring, and they would be taken for folded.
 */
function newMarkOf({ messageId, arrivedAtMs, firstReceivedMs }: Delivery): string {
  const timeMs = Math.min(firstReceivedMs ?? arrivedAtMs, arrivedAtMs);
  const time = Math.max(0, Math.floor(timeMs)).toString(36).padStart(MARK_TIME_LENGTH, '0');
  return time.slice(-MARK_TIME_LENGTH) + hash(messageId).slice(0, MARK_HASH_LENGTH);
}

function hash(text: string): string {
  return digestOf('sha256', text, 'base64url');
}
