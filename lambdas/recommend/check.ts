import { Logger } from '@aws-lambda-powertools/logger';
import { readSnapshotManifest } from '../../adapters/s3/snapshot-store.ts';
import { checkSnapshot } from '../../core/quality/snapshot-expectations.ts';
import { lake } from './recommend-environment.ts';
import { ArtefactDamaged, SnapshotRejected } from './training-errors.ts';
import { type SnapshotRun, snapshotRun } from './training-run.ts';

const logger = new Logger();

/**
 * Refuses a snapshot that is broken or implausible.
 * @throws SnapshotRejected naming every expectation that is not met
 */
export async function handler(input: unknown): Promise<SnapshotRun> {
  const run = snapshotRun.parse(input);
  const manifest = await readSnapshotManifest(lake, run.snapshotId);
  if (!manifest.ok) throw new ArtefactDamaged(`snapshot ${run.snapshotId}: ${manifest.reason}`);
  const verdict = checkSnapshot(manifest.value.facts);
  logger.info('snapshot checked', { snapshotId: run.snapshotId, ...verdict });
  if (!verdict.passed) throw new SnapshotRejected(run.snapshotId, verdict.reasons);
  const { view, cart, uncart, purchase } = manifest.value.facts.interactions;
  return { ...run, interactionCount: view + cart + uncart + purchase };
}
