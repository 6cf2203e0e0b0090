/** What a store said, and when it was asked. */
export interface Reading<Value> {
  readonly value: Value | undefined;
  readonly readAtMs: number;
}

export interface RememberedOptions<Value> {
  readonly load: (key: string) => Promise<Value | undefined>;
  /** How long a reading is used without asking again. */
  readonly freshMs: number;
  /** Readings kept, of what exists and, apart, of what doesn't: invented keys can't push out real ones. */
  readonly entriesMax: number;
}

/** After a failure the store is left alone this long, so that an outage adds no latency to every call. */
const AFTER_FAILURE_MS = 5_000;

/**
 * Readings of a store, kept for the life of a process. What was there is used on while the store can't be
 * asked: stale beats none. What wasn't there may have come since, so it is never used stale.
 */
export class Remembered<Value> {
  readonly #options: RememberedOptions<Value>;
  readonly #present = new Map<string, Reading<Value>>();
  readonly #absent = new Map<string, Reading<Value>>();
  readonly #retryAtMs = new Map<string, number>();

  constructor(options: RememberedOptions<Value>) {
    this.#options = options;
  }

  /**
   * The reading of `key`, never older than `notBeforeMs` (epoch) while the store answers.
   * @throws what the store throws, when nothing of the key is known.
   */
  async read(key: string, notBeforeMs = 0): Promise<Reading<Value>> {
    const nowMs = Date.now();
    const known = this.#present.get(key) ?? this.#absent.get(key);
    if (known !== undefined && known.readAtMs >= notBeforeMs) {
      if (nowMs - known.readAtMs < this.#options.freshMs) return known;
    }
    const stale = this.#present.get(key);
    if (stale !== undefined && nowMs < (this.#retryAtMs.get(key) ?? 0)) return stale;
    try {
      const reading = { value: await this.#options.load(key), readAtMs: nowMs };
      this.#keep(key, reading);
      return reading;
    } catch (error) {
      if (stale === undefined) throw error;
      this.#retryAtMs.set(key, nowMs + AFTER_FAILURE_MS);
      return stale;
    }
  }

  #keep(key: string, reading: Reading<Value>): void {
    this.#present.delete(key);
    this.#absent.delete(key);
    this.#retryAtMs.delete(key);
    const readings = reading.value === undefined ? this.#absent : this.#present;
    const [oldest] = readings.keys();
    if (readings.size >= this.#options.entriesMax && oldest !== undefined) {
      readings.delete(oldest);
      this.#retryAtMs.delete(oldest);
    }
    readings.set(key, reading);
  }
}
