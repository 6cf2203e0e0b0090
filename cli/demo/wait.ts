import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../user-error.ts';

const POLL_MS = 200;
/** Without any progress for this long, something is stuck. */
const STALL_MS_MAX = 60_000;

/** A signal that the person's Ctrl-C (or SIGTERM) aborts. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

/**
 * Reads until the condition holds.
 * @throws UserError when nothing changes for a minute, or the signal aborts
 */
export async function until<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  options: {
    readonly signal: AbortSignal;
    readonly pollMs?: number;
    readonly onWait?: (value: T) => void;
  },
): Promise<T> {
  let last = '';
  let changedAt = performance.now();
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    options.onWait?.(value);
    const seen = JSON.stringify(value);
    if (seen !== last) [last, changedAt] = [seen, performance.now()];
    throwIfInterrupted(options.signal);
    if (performance.now() - changedAt > STALL_MS_MAX) {
      throw new UserError(
        `Nothing has moved for ${STALL_MS_MAX / 1000} s; last seen: ${seen.slice(0, 200)}.`,
        'Run `npm start`, send the same events, and look at what the functions print.',
      );
    }
    await sleep(options.pollMs ?? POLL_MS);
  }
}

/** @throws UserError when the person has interrupted */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new UserError('Interrupted.', 'Nothing is left behind; start it again when you like.');
  }
}
