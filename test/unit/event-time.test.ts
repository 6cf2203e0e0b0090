import { describe, expect, it } from 'vitest';
import { readBatchSentAt, validateCall } from '../../core/events/validate-call.ts';

const receivedAtMs = Date.parse('2026-11-23T12:00:00Z');
const timeOf = (fields: object, batchSentAt?: unknown): string => {
  const sentAt = readBatchSentAt(batchSentAt);
  const outcome = validateCall(
    { type: 'page', userId: 'u', ...fields },
    { receivedAtMs, ...(sentAt === undefined ? {} : { batchSentAt: sentAt }) },
  );
  if (outcome.kind === 'refused')
    return outcome.issues.map((issue) => `${issue.path}: ${issue.message}`).join();
  return new Date(outcome.timeMs).toISOString();
};

describe('the time of an event', () => {
  it('takes the error of the sender’s clock out', () => {
    // The phone is a day ahead; the event was 90 s before it was sent.
    const fields = { timestamp: '2026-11-24T11:58:30Z', sentAt: '2026-11-24T12:00:00Z' };
    expect(timeOf(fields)).toBe('2026-11-23T11:58:30.000Z');
  });

  it('prefers originalTimestamp to timestamp', () => {
    const fields = {
      timestamp: '2026-11-23T09:00:00Z',
      originalTimestamp: '2026-11-23T11:59:00Z',
      sentAt: '2026-11-23T12:00:00Z',
    };
    expect(timeOf(fields)).toBe('2026-11-23T11:59:00.000Z');
  });

  it('uses the batch’s sentAt for every call of it', () => {
    const time = timeOf({ timestamp: '2030-01-01T00:00:00Z' }, '2030-01-01T00:00:10Z');
    expect(time).toBe('2026-11-23T11:59:50.000Z');
  });

  it('is the timestamp itself without sentAt, the time of receipt without a timestamp', () => {
    expect(timeOf({ timestamp: '2010-12-01T08:26:00Z' })).toBe('2010-12-01T08:26:00.000Z');
    expect(timeOf({ sentAt: '2030-01-01T00:00:00Z' })).toBe('2026-11-23T12:00:00.000Z');
    expect(timeOf({})).toBe('2026-11-23T12:00:00.000Z');
  });

  it.each([
    ['2026-11-23T10:15:00+01:00', '2026-11-23T09:15:00.000Z'],
    ['2026-11-23T10:15:00+0100', '2026-11-23T09:15:00.000Z'],
    ['2026-11-23T09:15:00.123456Z', '2026-11-23T09:15:00.123Z'],
    ['2026-11-23t09:15:00z', '2026-11-23T09:15:00.000Z'],
    ['2024-02-29T09:15Z', '2024-02-29T09:15:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(timeOf({ timestamp: text })).toBe(expected);
  });

  it.each([
    [1763888400000, 'looks like epoch milliseconds); send 2025-11-23T09:00:00.000Z'],
    [1763888400, 'looks like epoch seconds); send 2025-11-23T09:00:00.000Z'],
    ['1763888400000', 'looks like an epoch time'],
    ['2026-11-23T09:15:00', 'without a zone; add Z'],
    ['2026-11-23', 'without a time'],
    ['2026-11-23 09:15:00', 'put a T there'],
    ['23/11/2026 09:15', 'put the year first'],
    ['2026-02-30T09:15:00Z', 'no such date'],
    ['2026-13-01T09:15:00Z', 'no such date'],
    ['yesterday', 'of another form'],
    [true, 'got true or false'],
    ['2031-01-01T00:00:00Z', 'more than a day in the future'],
    ['1815-01-01T00:00:00Z', 'before 1970'],
  ])('refuses %j with the remedy', (value, message) => {
    expect(timeOf({ timestamp: value })).toContain(message);
  });
});
