import type { RateLimit, UsagePlan } from './rest-api.ts';

/** A token bucket: `burst` requests at once, `ratePerSecond` over time. */
export class TokenBucket {
  readonly #ratePerSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;

  constructor({ ratePerSecond, burst }: RateLimit, nowMs: number) {
    this.#ratePerSecond = ratePerSecond ?? Number.POSITIVE_INFINITY;
    this.#burst = burst ?? Number.POSITIVE_INFINITY;
    this.#tokens = this.#burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token if there is one. */
  take(nowMs: number): boolean {
    if (this.#burst === Number.POSITIVE_INFINITY) return true;
    const added = ((nowMs - this.#filledAtMs) / 1000) * this.#ratePerSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + added);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Counts a key's requests in the current day, week or month. */
export class QuotaCounter {
  readonly #quota: NonNullable<UsagePlan['quota']>;
  #period = '';
  #count = 0;

  constructor(quota: NonNullable<UsagePlan['quota']>) {
    this.#quota = quota;
  }

  take(nowMs: number): boolean {
    const period = periodOf(nowMs, this.#quota.period);
    if (period !== this.#period) {
      this.#period = period;
      this.#count = 0;
    }
    if (this.#count >= this.#quota.limit) return false;
    this.#count += 1;
    return true;
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

function periodOf(nowMs: number, period: 'DAY' | 'WEEK' | 'MONTH'): string {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  if (period === 'DAY') return day;
  if (period === 'MONTH') return day.slice(0, 7);
  // Weeks begin on Sunday; 1970-01-01 was a Thursday, four days after one.
  return String(Math.floor((nowMs / DAY_MS + 4) / 7));
}
