import { expect } from 'vitest';

/** Every value within `tolerance` of the expected one, relative to the largest of all. */
export function closeTo(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const worst = found.reduce(
    (max, value, at) => Math.max(max, Math.abs(value - (expected[at] ?? Number.NaN))),
    0,
  );
  expect(worst).toBeLessThanOrEqual(tolerance * Math.max(largest, 1e-3));
}
