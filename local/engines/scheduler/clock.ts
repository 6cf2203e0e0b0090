/** The scheduler's time. Tests drive one by hand. */
export interface Clock {
  nowMs(): number;
  /** Calls back once at or after the moment; gives the function that cancels it. */
  callAt(timeMs: number, callback: () => void): () => void;
}

/** setTimeout's own bound; a longer wait is made of several. */
const TIMER_MS_MAX = 2_147_483_647;

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  callAt(timeMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const leftMs = timeMs - Date.now();
      // A schedule must not keep the process alive.
      timer = setTimeout(leftMs > 0 ? arm : callback, Math.min(Math.max(leftMs, 0), TIMER_MS_MAX));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
