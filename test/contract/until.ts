import { setTimeout as pause } from 'node:timers/promises';

/** Long enough for a loaded machine; a condition that never holds must still end the test. */
const UNTIL_MS_MAX = 20_000;

/** Asks again and again until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadlineMs = Date.now() + UNTIL_MS_MAX;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineMs) throw new Error('The condition never held.');
    await pause(10);
  }
}
