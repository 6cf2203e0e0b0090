/**
 * Looks at a store beside the requests, never by one: each may start a look when the last is old, one at a time, and goes
 * on with what is there.
 */
export class StoreLook {
  readonly #look: () => Promise<number>;
  #running: Promise<void> | undefined;
  #nextAtMs = 0;

  /** `look` tells for how many milliseconds from its end what it found is new enough. */
  constructor(look: () => Promise<number>) {
    this.#look = look;
  }

  /** The look that is going on, if any. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Starts a look unless one is going on or the last is new enough; nobody waits. */
  refresh(): void {
    if (this.#running !== undefined || Date.now() < this.#nextAtMs) return;
    this.#running = this.#look()
      .then((newForMs) => {
        this.#nextAtMs = Date.now() + newForMs;
      })
      .finally(() => {
        this.#running = undefined;
      });
  }
}
