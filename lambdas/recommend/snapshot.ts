import { Logger } from '@aws-lambda-powertools/logger';
import { scanCatalogue } from '../../adapters/dynamodb/catalogue-scan.ts';
import { rawFiles, readLines } from '../../adapters/s3/lake-reader.ts';
import { writeSnapshot } from '../../adapters/s3/snapshot-store.ts';
import { SnapshotBuilder } from '../../core/training/snapshot-builder.ts';
import { encodeSnapshot } from '../../core/training/snapshot-file.ts';
import { catalogueTable, lake } from './recommend-environment.ts';
import { runRequest, type SnapshotRun } from './training-run.ts';

const logger = new Logger();

/** Freezes the lake's interactions and the catalogue under `snapshots/<id>/`. */
export async function handler(input: unknown): Promise<SnapshotRun> {
  const request = runRequest.parse(input ?? {});
  const createdAt = new Date();
  const snapshotId = createdAt.toISOString().replaceAll(':', '-');
  const catalogue = await scanCatalogue(catalogueTable, createdAt.getTime());
  const builder = new SnapshotBuilder({
    items: catalogue.items,
    malformedItems: catalogue.malformed,
    createdAt,
  });
  for await (const key of rawFiles(lake)) {
    builder.addFile();
    const outcome = await readLines(lake, key, (line) => builder.addLine(line));
    if (outcome === 'broken') {
      builder.dropFile();
      logger.warn('a file of the lake could not be unpacked to its end', { key });
    }
  }
  const built = builder.finish();
  await writeSnapshot(lake, snapshotId, encodeSnapshot(snapshotId, built, catalogue.changes));
  logger.info('snapshot written', { snapshotId, facts: built.facts });
  return { ...request, snapshotId };
}
