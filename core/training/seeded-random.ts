/** Uniform numbers in [0, 1), the same for the same seed: mulberry32, 32 bits of state. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the values, each as likely, in their own order; all of them where there are fewer. */
export function sample<Value>(values: readonly Value[], count: number, seed: number): Value[] {
  const random = seededRandom(seed);
  let wanted = Math.min(count, values.length);
  return values.filter((_, index) => {
    const isTaken = random() * (values.length - index) < wanted;
    if (isTaken) wanted--;
    return isTaken;
  });
}
