import type { Retrier } from './definition-schema.ts';
import { matchesError } from './state-error.ts';

/**
 * How long to wait before the next attempt, undefined where no attempt is left. The first retrier
 * that matches decides and counts in `attempts`; each counts only its own.
 */
export function retryDelayMs(
  retriers: readonly Retrier[],
  attempts: number[],
  errorName: string,
  random: () => number,
): number | undefined {
  const index = retriers.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, errorName));
  const retrier = retriers[index];
  const made = attempts[index] ?? 0;
  if (retrier === undefined || made >= retrier.MaxAttempts) return undefined;
  attempts[index] = made + 1;
  const delaySeconds = Math.min(
    retrier.IntervalSeconds * retrier.BackoffRate ** made,
    retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY,
  );
  const share = retrier.JitterStrategy === 'FULL' ? random() : 1;
  return delaySeconds * 1000 * share;
}
