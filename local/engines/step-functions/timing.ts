/** setTimeout's own bound (2³¹ − 1 ms, 24.8 days); a longer one would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + durationMs;
  for (;;) {
    signal.throwIfAborted();
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.min(leftMs, TIMER_MS_MAX), signal);
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    signal.addEventListener('abort', finish);
  });
}

/** The promise's outcome, or the signal's reason if it is aborted first; the work itself runs on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Runs work under a limit of seconds; past it the signal it was given is aborted and `onLimit`'s error thrown. */
export async function withinSeconds<T>(
  seconds: number | undefined,
  signal: AbortSignal,
  onLimit: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === undefined) return work(signal);
  const limit = new AbortController();
  const done = new AbortController();
  const limited = AbortSignal.any([signal, limit.signal]);
  sleep(seconds * 1000, AbortSignal.any([signal, done.signal])).then(
    () => limit.abort(onLimit()),
    () => undefined,
  );
  try {
    return await work(limited);
  } finally {
    done.abort();
  }
}
