/** Throttling by key, as usage plans do: a bucket of `burst` tokens, refilled at `ratePerSecond`. */
export class TokenBuckets {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  take(key: string, { ratePerSecond, burst }: { ratePerSecond: number; burst: number }): boolean {
    const nowMs = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const refilled = bucket.tokens + ((nowMs - bucket.atMs) / 1000) * ratePerSecond;
    const tokens = Math.min(burst, refilled);
    const isAllowed = tokens >= 1;
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, atMs: nowMs });
    return isAllowed;
  }
}
