/** Doubles from here: the first retry comes within half a second. */
const DELAY_MS_BASE = 500;
const DELAY_MS_MAX = 30_000;
/** What a source may ask for at most, in one wait: longer waits are the next run's. */
const RETRY_AFTER_MS_MAX = 60_000;

/**
 * How long to wait before the next attempt: full jitter below a doubling bound, yet never less than
 * the answer's `Retry-After` (RFC 9110, 10.2.3: seconds or a date), which is bounded, so that a clock
 * that jumped, there or here, costs a minute at most.
 */
export function retryDelayMs(
  attempt: number,
  retryAfter: string | undefined,
  { random, nowMs }: { readonly random: () => number; readonly nowMs: () => number },
): number {
  const jitteredMs = random() * Math.min(DELAY_MS_MAX, DELAY_MS_BASE * 2 ** attempt);
  return Math.max(jitteredMs, askedMs(retryAfter, nowMs()));
}

function askedMs(retryAfter: string | undefined, nowMs: number): number {
  if (retryAfter === undefined) return 0;
  const text = retryAfter.trim();
  const askedForMs = /^\d+$/u.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(askedForMs) ? 0 : Math.min(Math.max(askedForMs, 0), RETRY_AFTER_MS_MAX);
}
