/** How many answers a process keeps: a few kilobytes each, a few megabytes in all. */
const ENTRIES_MAX = 500;

/**
 * The least recently used answers are forgotten first; each is also forgotten when its time is up. An
 * ESP fetches the same answer two or three times for one email (Braze); while profile, model and
 * placement are the same it gets the same, to the byte.
 */
export class AnswerCache<T> {
  readonly #entries = new Map<string, { readonly answer: T; readonly expiresAtMs: number }>();
  readonly #entriesMax: number;

  constructor(entriesMax = ENTRIES_MAX) {
    this.#entriesMax = entriesMax;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAtMs <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  set(key: string, answer: T, maxAgeSeconds: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { answer, expiresAtMs: Date.now() + maxAgeSeconds * 1000 });
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > this.#entriesMax && oldest !== undefined) this.#entries.delete(oldest);
  }
}
