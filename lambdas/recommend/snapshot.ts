import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { explainedSpace } from '../../adapters/duckdb/disk-full.ts';
import { SnapshotDatabase } from '../../adapters/duckdb/snapshot-database.ts';
import { scanCatalogue } from '../../adapters/dynamodb/catalogue-scan.ts';
import { readSnapshotBounds } from '../../adapters/dynamodb/snapshot-bounds.ts';
import { readSnapshotFacts } from '../../adapters/s3/snapshot-history.ts';
import { writeSnapshot } from '../../adapters/s3/snapshot-store.ts';
import { checkSnapshot, TRAILING_MAX } from '../../core/quality/snapshot-expectations.ts';
import { FUTURE_TOLERANCE_MS } from '../../core/training/snapshot-builder.ts';
import { snapshotOf } from '../../core/training/snapshot-facts-of.ts';
import { encodeSnapshot, INTERACTIONS_PARQUET } from '../../core/training/snapshot-file.ts';
import { bringDays } from './bring-days.ts';
import { catalogueTable, lake, pointerTable } from './recommend-environment.ts';
import { runRequest, type SnapshotRun } from './training-run.ts';

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
  const request = runRequest.parse(input ?? {});
  const createdAt = new Date();
  const snapshotId = createdAt.toISOString().replaceAll(':', '-');
  const folder = await mkdtemp(join(tmpdir(), 'kindred-snapshot-'));
  try {
    await makeSnapshot(snapshotId, createdAt, folder);
  } catch (error) {
    throw explainedSpace(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ...request, snapshotId };
}

async function makeSnapshot(snapshotId: string, createdAt: Date, folder: string): Promise<void> {
  const catalogue = await scanCatalogue(catalogueTable, createdAt.getTime());
  const database = await openDatabase(folder);
  try {
    const diskBytesMax = (environment.SNAPSHOT_DISK_MB / DISK_PARTS) * BYTES_PER_MB;
    const days = await bringDays({ lake, database, folder, diskBytesMax, nowMs: Date.now });
    const items = catalogue.items.toSorted((one, other) => (one.itemId < other.itemId ? -1 : 1));
    const made = await database.make(
      days.map(({ path }) => path),
      items.map(({ itemId }) => itemId),
      createdAt.getTime() + FUTURE_TOLERANCE_MS,
    );
    const built = snapshotOf(made, { items, days, malformedItems: catalogue.malformed, createdAt });
    const parquetPath = join(folder, INTERACTIONS_PARQUET);
    await database.writeParquet(parquetPath);
    const { expectations: checks } = checkSnapshot(
      built.facts,
      await readSnapshotBounds(pointerTable.client, pointerTable.table),
      await readSnapshotFacts(lake, TRAILING_MAX),
    );
    const files = encodeSnapshot(snapshotId, built, {
      changes: catalogue.changes,
      parquet: new Map([[INTERACTIONS_PARQUET, await readFile(parquetPath)]]),
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

function openDatabase(folder: string): Promise<SnapshotDatabase> {
  const memoryMb = environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  return SnapshotDatabase.open({
    memoryMb: Math.max(DATABASE_MB_MIN, Math.floor(memoryMb * DATABASE_MEMORY_SHARE)),
    threads: Math.max(1, Math.round(memoryMb / PROCESSOR_MB)),
    folder,
    folderMb: Math.floor(environment.SNAPSHOT_DISK_MB / DISK_PARTS),
  });
}
