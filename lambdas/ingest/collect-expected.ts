import { collectedEvent } from '../../core/events/event.ts';
import type { PlainBatch } from '../../core/events/plain/plain-batch.ts';
import {
  type CollectedCalls,
  type CollectOptions,
  collectCalls,
} from '../../core/identity/collect-calls.ts';
import type { EventRecord } from '../../core/identity/collect-event.ts';
import { parsedCalls } from '../../core/identity/collect-plain.ts';
import type { EventCheck } from '../../core/quality/row-check.ts';

/**
 * Judges each call by the shop's expectations too. An event has to be read again from its record, and
 * a plain batch be parsed; that is why it is another way, for those alone who have such.
 */
export function collectExpected(
  calls: readonly unknown[] | PlainBatch,
  options: CollectOptions,
  check: EventCheck,
): { readonly collected: CollectedCalls; readonly warned: readonly string[] } {
  const warned: string[] = [];
  const expectations = ({ data }: EventRecord) => {
    const event = collectedEvent.parse(JSON.parse(Buffer.from(data).toString('utf8')));
    const verdict = check(event);
    // One that is set aside is counted there.
    if (verdict.issues.length === 0) warned.push(...verdict.warned);
    return verdict.issues;
  };
  const parsed = 'bytes' in calls ? parsedCalls(calls) : calls;
  return { collected: collectCalls(parsed, { ...options, expectations }), warned };
}
