/** Many at once may share it, or one may hold it alone; whoever waits is served in order. */
export class SharedLock {
  #sharing = 0;
  #isAlone = false;
  readonly #waiting: { readonly alone: boolean; readonly start: () => void }[] = [];

  async shared<T>(run: () => Promise<T>): Promise<T> {
    await this.#enter(false);
    try {
      return await run();
    } finally {
      this.#sharing -= 1;
      this.#admit();
    }
  }

  async alone<T>(run: () => Promise<T>): Promise<T> {
    await this.#enter(true);
    try {
      return await run();
    } finally {
      this.#isAlone = false;
      this.#admit();
    }
  }

  #enter(alone: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ alone, start: resolve });
    this.#admit();
    return promise;
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || this.#isAlone) return;
      if (next.alone && this.#sharing > 0) return;
      this.#waiting.shift();
      if (next.alone) this.#isAlone = true;
      else this.#sharing += 1;
      next.start();
    }
  }
}
