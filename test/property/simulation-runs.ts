/**
 * How long the simulations run, and from where. A longer soak, and the repetition of a run that failed:
 *
 *   KINDRED_SIMULATION_RUNS=50000 npx vitest run test/property/exactly-once.test.ts
 *   KINDRED_SIMULATION_SEED=123 npx vitest run test/property/exactly-once.test.ts
 */
export const SIMULATION_SEED = Number(
  process.env.KINDRED_SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31),
);

/** The share of the runs that a scenario is worth; by default it is of 2,000. */
export function simulationRuns(share: number): number {
  return Math.ceil(Number(process.env.KINDRED_SIMULATION_RUNS ?? 2_000) * share);
}

/** Of a scenario in which `msPerRun` is ample for one run. */
export function simulationMs(runs: number, msPerRun = 40): number {
  return 30_000 + runs * msPerRun;
}
