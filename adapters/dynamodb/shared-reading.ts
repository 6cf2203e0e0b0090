/**
 * One reading of all that is of interest, shared by everybody who asks within `freshMs`. Who asks while it is
 * renewed waits for the same; while it can't be, the last one goes on: stale beats none.
 * @throws what `load` throws, as long as it never succeeded.
 */
export function sharedReading<Value>(
  load: () => Promise<Value>,
  freshMs: number,
  nowMs: () => number,
): () => Promise<Value> {
  let known: { value: Value; readAtMs: number } | undefined;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    known = { value: await load(), readAtMs: nowMs() };
  };

  return async () => {
    if (known === undefined || nowMs() - known.readAtMs >= freshMs) {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      try {
        await reading;
      } catch (error) {
        if (known === undefined) throw error;
        // Asked again after another full period, not with every request.
        known = { ...known, readAtMs: nowMs() };
      }
    }
    if (known === undefined) throw new Error('a reading that succeeded left nothing');
    return known.value;
  };
}
