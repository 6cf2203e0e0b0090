/** What the shell has and the core has not: a clock, chance and patience. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
}
