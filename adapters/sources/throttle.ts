import { setTimeout as sleep } from 'node:timers/promises';
import { type ReadContext, SourceUnavailableError } from './connector.ts';
import type { ConnectorServices } from './rest.ts';

/** All waits of one page's request: with its attempts below the five minutes of a run's lease. */
const WAITS_MS_MAX = 90_000;
/** A bucket that others empty again and again. */
const WAITS_MAX = 8;

/** The vendor asks to be asked again so much later, in words of its own rather than by a status. */
export interface Throttled {
  readonly throttledMs: number;
}

/**
 * Asks again after each wait that the vendor wants, a bounded number of times.
 * @throws SourceUnavailableError when it still throttles: the next run goes on from the cursor.
 */
export async function askPatiently<T extends object>(
  ask: () => Promise<T | Throttled>,
  { wait = realWait }: Pick<ConnectorServices, 'wait'>,
  { signal }: Pick<ReadContext, 'signal'>,
): Promise<T> {
  let leftMs = WAITS_MS_MAX;
  for (let waits = 0; waits < WAITS_MAX && !signal.aborted; waits += 1) {
    const outcome = await ask();
    if (!isThrottled(outcome)) return outcome;
    leftMs -= outcome.throttledMs;
    // A longer wait is the next run's.
    if (leftMs < 0) break;
    await wait(outcome.throttledMs, signal);
  }
  throw new SourceUnavailableError('The source throttles beyond the waits of one run.');
}

function isThrottled(outcome: object): outcome is Throttled {
  return 'throttledMs' in outcome;
}

/** An abort ends the wait; the loop's condition then ends the asking. */
async function realWait(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
}
