/** A source of repeatable chance: the same seed gives the same numbers on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A generator of its own for part `index`, so that adding one part changes no other. */
  static derived(seed: number, index: number): Random {
    const random = new Random(
      (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0,
    );
    random.fraction();
    return random;
  }

  /** Uniform in [0, 1). Mulberry32, Tommy Ettinger, public domain. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** @throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.fraction() * list.length)];
    if (chosen === undefined) throw new RangeError('Nothing can be picked from an empty list.');
    return chosen;
  }

  /** A position, with probability in proportion to its weight; −1 where all weights are 0. */
  weighted(weights: ArrayLike<number>): number {
    let total = 0;
    for (let position = 0; position < weights.length; position += 1)
      total += weights[position] ?? 0;
    if (total <= 0) return -1;
    let rest = this.fraction() * total;
    let last = -1;
    for (let position = 0; position < weights.length; position += 1) {
      const weight = weights[position] ?? 0;
      if (weight <= 0) continue;
      last = position;
      rest -= weight;
      if (rest < 0) return position;
    }
    return last;
  }
}
