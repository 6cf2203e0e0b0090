import { setImmediate as turn } from 'node:timers/promises';
import { brotliDecompress } from 'node:zlib';
import type { Packed, Steps } from '../../core/training/steps.ts';

/** The result of steps between which everything that waits for the processor has its turn. */
export async function betweenRequests<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  let given: Uint8Array | undefined;
  for (;;) {
    const step = steps.next(given);
    if (step.done === true) return step.value;
    given = step.value === undefined ? undefined : await unpacked(step.value);
    await turn();
    signal?.throwIfAborted();
  }
}

/** On a thread of Node's own. */
function unpacked({ packed, bytesMax }: Packed): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    brotliDecompress(packed, { maxOutputLength: bytesMax }, (error, bytes) =>
      resolve(error === null ? bytes : undefined),
    );
  });
}
