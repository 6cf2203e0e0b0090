import { setTimeout as sleep } from 'node:timers/promises';
import { type ReadContext, SourceUnavailableError } from './connector.ts';
import type { ConnectorServices } from './rest.ts';

/** Longer waits are the next run's. */
const WAIT_MS_MAX = 60_000;
/** Together with WAIT_MS_MAX below the time of a run. */
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
  for (let waits = 0; waits < WAITS_MAX && !signal.aborted; waits += 1) {
    const outcome = await ask();
    if (!isThrottled(outcome)) return outcome;
    await wait(Math.min(Math.max(outcome.throttledMs, 0), WAIT_MS_MAX), signal);
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
