/**
 * Values by key, of which those that were not asked for since as many others were are dropped: a half that is
 * full becomes the older one, and the older one goes. Cheaper than a list in the order of use, at the price
 * that between one and two halves are kept.
 */
export class RecentlyUsed<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #halfCountMax: number;

  constructor(halfCountMax: number) {
    this.#halfCountMax = halfCountMax;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#halfCountMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
