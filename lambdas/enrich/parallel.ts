/**
 * Runs `work` on every thing, at most `inFlightMax` at once, and gives the results in the order of the
 * things. `work` must not reject for what the caller can go on without.
 */
export async function inParallel<T, R>(
  things: readonly T[],
  inFlightMax: number,
  work: (thing: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = things.values();
  let startedCount = 0;
  const worker = async () => {
    for (const thing of waiting) {
      const index = startedCount;
      startedCount += 1;
      results[index] = await work(thing);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, things.length) }, worker));
  return results;
}
