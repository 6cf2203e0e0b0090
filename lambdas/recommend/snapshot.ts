import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { explainedSpace } from '../../adapters/duckdb/disk-full.ts';
import { SnapshotDatabase } from '../../adapters/duckdb/snapshot-database.ts';
import { scanCatalogue } from '../../adapters/dynamodb/catalogue-scan.ts';
import { readSnapshotBounds } from '../../adapters/dynamodb/snapshot-bounds.ts';
import { deleteExports, downloadExport } from '../../adapters/s3/exported-table.ts';
import { readSnapshotFacts } from '../../adapters/s3/snapshot-history.ts';
import { writeSnapshot } from '../../adapters/s3/snapshot-store.ts';
import { checkSnapshot, TRAILING_MAX } from '../../core/quality/snapshot-expectations.ts';
import { FUTURE_TOLERANCE_MS } from '../../core/training/snapshot-builder.ts';
import { exportFolder } from '../../core/training/snapshot-days.ts';
import { snapshotOf } from '../../core/training/snapshot-facts-of.ts';
import {
  encodeSnapshot,
  INTERACTIONS_PARQUET,
  PROFILES_PARQUET,
} from '../../core/training/snapshot-file.ts';
import { bringDays } from './bring-days.ts';
import { catalogueTable, lake, pointerTable } from './recommend-environment.ts';
import { exportingRun, type SnapshotRun } from './training-run.ts';

/** Node, the SDK and the columns themselves need what DuckDB may not take. */
const DATABASE_MEMORY_SHARE = 0.5;
const DATABASE_MB_MIN = 256;
/** Half for the days' files, half for what DuckDB puts out of memory. */
const DISK_PARTS = 2;
/** Lambda gives a processor for so much memory. */
const PROCESSOR_MB = 1_769;
const BYTES_PER_MB = 1024 ** 2;

const environment = z
  .object({
    SNAPSHOT_DISK_MB: z.coerce.number().positive(),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().positive(),
  })
  .parse(process.env);

const logger = new Logger();

/**
 * Freezes the lake's interactions and the catalogue under `snapshots/<id>/`. Only days that are new, or have
 * changed, are read from the lake.
 * @throws DiskFull when there is no room for it
 */
export async function handler(input: unknown): Promise<SnapshotRun> {
  const { profiles, ...request } = exportingRun.parse(input ?? {});
  const createdAt = new Date();
  const snapshotId = createdAt.toISOString().replaceAll(':', '-');
  const folder = await mkdtemp(join(tmpdir(), 'kindred-snapshot-'));
  try {
    const manifestKey = profiles?.status === 'done' ? profiles.manifestKey : undefined;
    await makeSnapshot({ snapshotId, createdAt, folder, manifestKey });
    if (manifestKey !== undefined) await deleteExports(lake, exportFolder(manifestKey));
  } catch (error) {
    throw explainedSpace(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ...request, snapshotId };
}

interface Making {
  readonly snapshotId: string;
  readonly createdAt: Date;
  /** An empty folder. */
  readonly folder: string;
  /** Of the export of the profiles; none where a run starts with this step. */
  readonly manifestKey: string | undefined;
}

async function makeSnapshot({ snapshotId, createdAt, folder, manifestKey }: Making): Promise<void> {
  const catalogue = await scanCatalogue(catalogueTable, createdAt.getTime());
  const database = await openDatabase(folder);
  try {
    const diskBytesMax = (environment.SNAPSHOT_DISK_MB / DISK_PARTS) * BYTES_PER_MB;
    const days = await bringDays({ lake, database, folder, diskBytesMax, nowMs: Date.now });
    const items = catalogue.items.toSorted((one, other) => (one.itemId < other.itemId ? -1 : 1));
    const exported = manifestKey && (await downloadExport(lake, manifestKey, folder));
    const made = await database.make({
      files: days.map(({ path }) => path),
      profiles: exported ? exported.paths : [],
      folder,
      itemIds: items.map(({ itemId }) => itemId),
      latestMs: createdAt.getTime() + FUTURE_TOLERANCE_MS,
    });
    const built = snapshotOf(made, { items, days, malformedItems: catalogue.malformed, createdAt });
    const parquet = await parquetFiles(database, folder);
    const { expectations: checks } = checkSnapshot(
      built.facts,
      await readSnapshotBounds(pointerTable.client, pointerTable.table),
      await readSnapshotFacts(lake, TRAILING_MAX),
    );
    const files = encodeSnapshot(snapshotId, built, {
      changes: catalogue.changes,
      parquet,
      profileCount: made.profileCount,
      days: days.map(({ day, fingerprint, lines, isRead }) => ({
        day,
        fingerprint,
        lines,
        isRead,
      })),
      schemaVersions: made.schemaVersions,
      checks: [...checks],
    });
    await writeSnapshot(lake, snapshotId, files);
    const readDays = days.filter(({ isRead }) => isRead).length;
    logger.info('snapshot written', { snapshotId, facts: built.facts, readDays });
  } finally {
    database.close();
  }
}

async function parquetFiles(
  database: SnapshotDatabase,
  folder: string,
): Promise<Map<string, Uint8Array>> {
  const names = [INTERACTIONS_PARQUET, PROFILES_PARQUET] as const;
  const [interactions, profiles] = [join(folder, names[0]), join(folder, names[1])];
  await database.writeParquet(interactions, profiles);
  return new Map([
    [names[0], await readFile(interactions)],
    [names[1], await readFile(profiles)],
  ]);
}

function openDatabase(folder: string): Promise<SnapshotDatabase> {
  const memoryMb = environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  return SnapshotDatabase.open({
    memoryMb: Math.max(DATABASE_MB_MIN, Math.floor(memoryMb * DATABASE_MEMORY_SHARE)),
    threads: Math.max(1, Math.round(memoryMb / PROCESSOR_MB)),
    folder,
    folderMb: Math.floor(environment.SNAPSHOT_DISK_MB / DISK_PARTS),
  });
}
