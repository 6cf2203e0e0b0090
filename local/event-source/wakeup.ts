/** Lets one loop wait until another part says that something changed, time is up, or all is over. */
export class Wakeup {
  readonly #signal: AbortSignal;
  #resume: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  wake(): void {
    this.#resume?.();
  }

  async wait(boundMs?: number): Promise<void> {
    if (this.#signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    const timer = boundMs === undefined ? undefined : setTimeout(resolve, boundMs);
    await promise;
    clearTimeout(timer);
  }
}
