/**
 * Validation beside `JSON.parse` of the same bytes: batches of 20 one-kilobyte events, in one process,
 * interleaved, medians of many rounds. `--json` prints `{checks: [{name, value, unit, bound, ok}]}`.
 */
import { validateCall } from '../core/events/validate-call.ts';
import { realisticCalls } from '../examples/realistic-events.ts';

const BATCH_CALLS = 20;
/** Enough that a median stands still from run to run. */
const ROUNDS = 400;
const WARM_UP_ROUNDS = 60;
const BATCHES_PER_ROUND = 20;
const RECEIVED_AT_MS = Date.parse('2026-11-23T12:00:00Z');

const validText = JSON.stringify(realisticCalls(BATCH_CALLS));
const badPropertyText = JSON.stringify(realisticCalls(BATCH_CALLS, 'property'));
const badFieldText = JSON.stringify(realisticCalls(BATCH_CALLS, 'field'));

/** Each batch is parsed anew, so that nothing is measured on objects the engine already knows. */
function batchesOf(text: string): unknown[][] {
  return Array.from({ length: BATCHES_PER_ROUND }, () => JSON.parse(text));
}

function validateAll(batches: readonly unknown[][], expected: 'valid' | 'refused'): void {
  for (const calls of batches) {
    for (const call of calls) {
      const { kind } = validateCall(call, { receivedAtMs: RECEIVED_AT_MS });
      if (kind !== expected) throw new Error(`a call was ${kind} that should be ${expected}`);
    }
  }
}

function timeUs(work: () => void): number {
  const startedAtMs = performance.now();
  work();
  return ((performance.now() - startedAtMs) * 1000) / (BATCHES_PER_ROUND * BATCH_CALLS);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measure() {
  const times = {
    parse: [] as number[],
    valid: [] as number[],
    badProperty: [] as number[],
    badField: [] as number[],
  };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const valid = batchesOf(validText);
    const badProperty = batchesOf(badPropertyText);
    const badField = batchesOf(badFieldText);
    const parseUs = timeUs(() => batchesOf(validText));
    const validUs = timeUs(() => validateAll(valid, 'valid'));
    const badPropertyUs = timeUs(() => validateAll(badProperty, 'refused'));
    const badFieldUs = timeUs(() => validateAll(badField, 'refused'));
    if (round < 0) continue;
    times.parse.push(parseUs);
    times.valid.push(validUs);
    times.badProperty.push(badPropertyUs);
    times.badField.push(badFieldUs);
  }
  return {
    parseUs: medianOf(times.parse),
    validUs: medianOf(times.valid),
    badPropertyUs: medianOf(times.badProperty),
    badFieldUs: medianOf(times.badField),
  };
}

const { parseUs, validUs, badPropertyUs, badFieldUs } = measure();
const check = (name: string, value: number, unit: string, bound: number) => ({
  name,
  value: Number(value.toFixed(2)),
  unit,
  bound,
  ok: value <= bound,
});
const checks = [
  check('validation beside JSON.parse', validUs / parseUs, '×', 1.3),
  check('all with a bad property beside all valid', badPropertyUs / validUs, '×', 3),
  check('all with a bad field beside all valid', badFieldUs / validUs, '×', 3),
];

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ checks }));
} else {
  console.log(`${(validText.length / BATCH_CALLS).toFixed(0)} bytes an event`);
  console.table({
    'JSON.parse': { 'µs an event': parseUs.toFixed(2) },
    'valid events': { 'µs an event': validUs.toFixed(2) },
    'a bad property': { 'µs an event': badPropertyUs.toFixed(2) },
    'a bad field': { 'µs an event': badFieldUs.toFixed(2) },
  });
  console.table(checks);
}
if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
