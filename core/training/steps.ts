import { brotliDecompressSync } from 'node:zlib';

/** Bytes that are compressed by Brotli, and how many they may be at most. */
export interface Packed {
  readonly packed: Uint8Array;
  readonly bytesMax: number;
}

/**
 * Work on a large model that yields every few milliseconds, so that whoever does it beside requests can let those
 * go first; who has nothing else to do finishes it at once. Where it yields packed bytes it wants them unpacked, or
 * undefined where they are not packed so, or are more than they may be.
 */
export type Steps<Result> = Generator<Packed | undefined, Result, Uint8Array | undefined>;

/** The result, without a pause. */
export function finished<Result>(steps: Steps<Result>): Result {
  let given: Uint8Array | undefined;
  for (;;) {
    const step = steps.next(given);
    if (step.done === true) return step.value;
    given = step.value === undefined ? undefined : unpacked(step.value);
  }
}

function unpacked({ packed, bytesMax }: Packed): Uint8Array | undefined {
  try {
    return brotliDecompressSync(packed, { maxOutputLength: bytesMax });
  } catch {
    return undefined;
  }
}
