/** Writes in a row, and how soon they come back: seldom traffic is written whole, busy traffic once a second. */
const BURST_WRITES_MAX = 20;
const WRITE_EVERY_MS = 1_000;

/** A token bucket: how often one process may write, however many requests it serves. */
export class WriteBudget {
  readonly #nowMs: () => number;
  #writesLeft = BURST_WRITES_MAX;
  #refilledAtMs: number;
  #pausedUntilMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#refilledAtMs = nowMs();
  }

  /** Takes a write if there is one left. */
  take(): boolean {
    const nowMs = this.#nowMs();
    if (nowMs < this.#pausedUntilMs) return false;
    const earned = Math.floor(Math.max(0, nowMs - this.#refilledAtMs) / WRITE_EVERY_MS);
    this.#writesLeft = Math.min(BURST_WRITES_MAX, this.#writesLeft + earned);
    this.#refilledAtMs += earned * WRITE_EVERY_MS;
    if (this.#writesLeft === 0) return false;
    this.#writesLeft -= 1;
    return true;
  }

  /** Nothing is written for so long. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = this.#nowMs() + durationMs;
  }
}
