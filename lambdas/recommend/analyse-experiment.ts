import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FactDatabase } from '../../adapters/duckdb/fact-database.ts';
import { downloadDay } from '../../adapters/s3/curated-download.ts';
import { type ResultsStore, writeResults } from '../../adapters/s3/experiment-results.ts';
import { analyse } from '../../core/experiments/analyse.ts';
import { attribute, type ExposedCustomer } from '../../core/experiments/attribute.ts';
import type { Experiment } from '../../core/experiments/experiment.ts';
import type { Period } from '../../core/experiments/period.ts';
import type { ExperimentResults } from '../../core/experiments/results.ts';
import { resultsPage } from '../../core/experiments/results-page.ts';

export interface AnalysisPorts {
  readonly lake: ResultsStore;
  /** Whose identities these are; see adapters/dynamodb/identity-owners.ts. */
  readonly ownersOf: (refs: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly bounds: {
    /** Of DuckDB alone. */
    readonly memoryMb: number;
    readonly threads: number;
    /** Space for a day's files and for what DuckDB puts out of memory, each. */
    readonly diskMb: number;
  };
  readonly nowMs: () => number;
}

/** Makes an experiment's results of the lake and keeps them. Repeated, it writes the same objects again. */
export async function analyseExperiment(
  experiment: Experiment,
  { days, untilMs }: Period,
  ports: AnalysisPorts,
): Promise<ExperimentResults> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-experiment-'));
  const { memoryMb, threads, diskMb } = ports.bounds;
  const database = await FactDatabase.open({ memoryMb, threads, folder, folderMb: diskMb });
  try {
    for (const day of days) await takeDay(database, { day, folder }, ports);
    const owners = await ports.ownersOf(await database.customers());
    const exposed: ExposedCustomer[] = [];
    let servedOnly = 0;
    for await (const { facts } of database.factsAbout(experiment.experimentId, owners)) {
      const found = attribute(facts, experiment);
      if (found?.kind === 'exposed') exposed.push(found);
      if (found?.kind === 'served only') servedOnly += 1;
    }
    const nowMs = ports.nowMs();
    const results = analyse({ experiment, exposed, servedOnly, untilMs, nowMs });
    await writeResults(ports.lake, results, resultsPage(results));
    return results;
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A day's files are there no longer than it takes to read them. */
async function takeDay(
  database: FactDatabase,
  { day, folder }: { day: string; folder: string },
  { lake, bounds }: AnalysisPorts,
): Promise<void> {
  const bytesMax = bounds.diskMb * 1024 ** 2;
  const files = await downloadDay(lake, { table: 'events', day, folder, bytesMax });
  await database.addDay(files);
  for (const file of files) await rm(file);
}
