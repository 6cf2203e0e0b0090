import type { CollectedEvent } from './event.ts';
import { isoTimeMs } from './iso-time.ts';
import { kindOf } from './issue.ts';
import { FUTURE_MS_MAX } from './limits.ts';

/** ISO 8601 with a date, a time and a zone; the seconds, their fraction and the offset's colon are free. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;
/** Epoch milliseconds between 2001 and 2286 have 13 digits, epoch seconds 10. */
const EPOCH_MS = /^\d{13}$/;
const EPOCH_S = /^\d{10}$/;

export type TimeReading = { readonly timeMs: number } | { readonly problem: string };

/**
 * Reads a time as SDKs send it, e.g. `2026-11-23T09:15:00.123Z` or `2026-11-23T10:15:00+01:00`.
 * What can't be read says why and what to send instead; the value itself is never repeated.
 */
export function readTime(value: unknown): TimeReading {
  if (typeof value === 'number') return { problem: wrongNumber(value) };
  if (typeof value !== 'string') return { problem: `${EXPECTED}, got ${kindOf(value)}` };
  if (ISO_TIME.test(value)) {
    const timeMs = Date.parse(withColonInOffset(value));
    if (!Number.isNaN(timeMs) && isCalendarDay(value)) return { timeMs };
    return {
      problem: 'no such date or time in the calendar; check the day, the month and the hour',
    };
  }
  return { problem: wrongText(value) };
}

/**
 * When it happened: `receivedAt − (sentAt − (originalTimestamp ?? timestamp))`, which takes the
 * error of the sender's clock out; without `sentAt` the timestamp as it is, without a timestamp the
 * time of receipt. Source: https://segment.com/docs/connections/spec/common/#timestamps
 */
export function eventTimeMs(
  receivedAtMs: number,
  sentAtMs: number | undefined,
  happenedAtMs: number | undefined,
): number {
  if (happenedAtMs === undefined) return receivedAtMs;
  return sentAtMs === undefined ? happenedAtMs : receivedAtMs - (sentAtMs - happenedAtMs);
}

/** Why an event time can't be true, or nothing. */
export function implausibleTime(timeMs: number, receivedAtMs: number): string | undefined {
  if (timeMs > receivedAtMs + FUTURE_MS_MAX) {
    return 'lies more than a day in the future; check the clock, the year and the time zone';
  }
  if (timeMs < 0) return 'lies before 1970; check the year';
  return undefined;
}

/**
 * The time of an event that is on the stream, however it came there: its own, unless that lies more than
 * FUTURE_MS_MAX after its receipt. Then a clock was wrong, and the receipt is when it happened at the latest:
 * what is dated years ahead must not be the latest word until then. Follows from the event alone, so it is
 * the same in any order and in a replay.
 */
export function happenedAtMs({
  timestamp,
  receivedAt,
}: Pick<CollectedEvent, 'timestamp' | 'receivedAt'>): number {
  // Each part of a profile asks, and all of them of one event before the next.
  if (timestamp !== lastRead.timestamp || receivedAt !== lastRead.receivedAt) {
    lastRead.timestamp = timestamp;
    lastRead.receivedAt = receivedAt;
    lastRead.timeMs = plausibleMs(timestamp, receivedAt);
  }
  return lastRead.timeMs;
}

const lastRead = { timestamp: '', receivedAt: '', timeMs: Number.NaN };

function plausibleMs(timestamp: string, receivedAt: string): number {
  const timeMs = isoTimeMs(timestamp);
  // Both are ISO 8601 in UTC, which sorts as text: by far most need no second reading.
  if (timestamp <= receivedAt) return timeMs;
  const receivedAtMs = isoTimeMs(receivedAt);
  return timeMs > receivedAtMs + FUTURE_MS_MAX ? receivedAtMs : timeMs;
}

/** Up to here no day needs its month looked up. */
const SHORTEST_MONTH_DAYS = 28;

const EXPECTED = 'expected an ISO 8601 time such as 2026-11-23T09:15:00Z';

function wrongNumber(value: number): string {
  const digits = String(value);
  if (EPOCH_MS.test(digits))
    return `${EXPECTED}, got a number (looks like epoch milliseconds); send ${new Date(value).toISOString()}`;
  if (EPOCH_S.test(digits))
    return `${EXPECTED}, got a number (looks like epoch seconds); send ${new Date(value * 1000).toISOString()}`;
  return `${EXPECTED}, got a number`;
}

function wrongText(value: string): string {
  if (EPOCH_MS.test(value) || EPOCH_S.test(value))
    return `${EXPECTED}, got a string of digits (looks like an epoch time)`;
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+$/i.test(value))
    return `${EXPECTED}, got a time without a zone; add Z for UTC or an offset such as +01:00`;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value))
    return `${EXPECTED}, got a date without a time; add the time, e.g. T00:00:00Z`;
  if (/^\d{4}-\d{2}-\d{2} /.test(value))
    return `${EXPECTED}, got a space between date and time; put a T there and a zone at the end`;
  if (/^\d{1,2}[./]\d{1,2}[./]\d{2,4}/.test(value))
    return `${EXPECTED}, got a date whose day and month can be confused; put the year first`;
  return `${EXPECTED}, got a string of another form`;
}

function withColonInOffset(value: string): string {
  if (value.endsWith('Z')) return value;
  return value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase();
}

/** V8 rolls 30 February over into March; a calendar doesn't. */
function isCalendarDay(value: string): boolean {
  const day = Number(value.slice(8, 10));
  if (day <= SHORTEST_MONTH_DAYS) return true;
  const year = Number(value.slice(0, 4));
  const month = Number(value.slice(5, 7));
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
