import { describe, expect, it } from 'vitest';
import type { Retrier } from '../../local/engines/step-functions/definition-schema.ts';
import { retryDelayMs } from '../../local/engines/step-functions/retry.ts';

function retrier(more: Partial<Retrier>): Retrier {
  return {
    ErrorEquals: ['States.ALL'],
    IntervalSeconds: 2,
    MaxAttempts: 3,
    BackoffRate: 3,
    JitterStrategy: 'NONE',
    ...more,
  };
}

/** The delays of one error after another, in milliseconds. */
function delays(retriers: Retrier[], errors: string[], random = () => 0.5) {
  const attempts = retriers.map(() => 0);
  return errors.map((error) => retryDelayMs(retriers, attempts, error, random));
}

describe('the delay before the next attempt', () => {
  it('grows by the backoff rate until no attempt is left', () => {
    expect(delays([retrier({})], ['A', 'A', 'A', 'A'])).toEqual([2_000, 6_000, 18_000, undefined]);
  });

  it('is bounded by MaxDelaySeconds', () => {
    expect(delays([retrier({ MaxDelaySeconds: 5 })], ['A', 'A', 'A'])).toEqual([
      2_000, 5_000, 5_000,
    ]);
  });

  it('is a random share of itself with full jitter', () => {
    expect(delays([retrier({ JitterStrategy: 'FULL' })], ['A', 'A'])).toEqual([1_000, 3_000]);
  });

  it('is counted for each retrier on its own, the first that matches', () => {
    const retriers = [retrier({ ErrorEquals: ['A'], MaxAttempts: 1 }), retrier({})];
    expect(delays(retriers, ['A', 'B', 'A'])).toEqual([2_000, 2_000, undefined]);
  });
});
