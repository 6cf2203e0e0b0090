import { setImmediate as turn } from 'node:timers/promises';
import type { Steps } from '../../core/training/steps.ts';

/** The result of steps between which everything that waits for the processor has its turn. */
export async function betweenRequests<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await turn();
    signal?.throwIfAborted();
  }
}
