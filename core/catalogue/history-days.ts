/**
 * How far back an entry remembers, in days of UTC. A price that was reduced up to 30 days ago is compared
 * with the 30 days before that (Directive 98/6/EC, Article 6a); two more are for days that have just begun.
 */
export const HISTORY_DAYS = 62;

export const DAY_MS = 86_400_000;

export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** A day on which something was stated. */
export interface StatedDay {
  readonly day: number;
}

/**
 * The days that count, in order: those of the window that ends with `newestDay`, and the last one before
 * it, which tells what was true when the window began. What is left out stays out whatever comes later,
 * as the newest day only grows; so any order of the same statements leaves the same days.
 */
export function withinHistory<T extends StatedDay>(
  ascending: readonly T[],
  newestDay: number,
): readonly T[] {
  const oldestDay = newestDay - HISTORY_DAYS + 1;
  const within = ascending.findIndex(({ day }) => day >= oldestDay);
  if (within < 0) return ascending.slice(-1);
  return within <= 1 ? ascending : ascending.slice(within - 1);
}
