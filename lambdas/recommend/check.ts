import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { readSnapshotBounds } from '../../adapters/dynamodb/snapshot-bounds.ts';
import { readLatest } from '../../adapters/s3/quality-store.ts';
import { keepSnapshotFacts } from '../../adapters/s3/snapshot-history.ts';
import { readSnapshotManifest } from '../../adapters/s3/snapshot-store.ts';
import { auditStop } from '../../core/quality/audit-stop.ts';
import { lake, pointerTable } from './recommend-environment.ts';
import { ArtefactDamaged, AuditStops, SnapshotRejected } from './training-errors.ts';
import { type SnapshotRun, snapshotRun } from './training-run.ts';

const logger = new Logger();
const metrics = new Metrics();

/**
 * Refuses a snapshot that is broken or implausible, and one of data that the nightly audit stops. The
 * figures of one that passes are kept, for those that come after it.
 * @throws SnapshotRejected naming every expectation that is not met
 * @throws AuditStops naming the suites that say stop
 */
export async function handler(input: unknown): Promise<SnapshotRun> {
  const run = snapshotRun.parse(input);
  const manifest = await readSnapshotManifest(lake, run.snapshotId);
  if (!manifest.ok) throw new ArtefactDamaged(`snapshot ${run.snapshotId}: ${manifest.reason}`);
  const { checks, facts } = manifest.value;
  const reasons = checks
    .filter(({ isMet }) => !isMet)
    .map(({ name, message }) => `${name}: ${message}`);
  logger.info('snapshot checked', { snapshotId: run.snapshotId, checks });
  count('SnapshotRejected', reasons.length > 0);
  if (reasons.length > 0) throw new SnapshotRejected(run.snapshotId, reasons);
  const bounds = await readSnapshotBounds(pointerTable.client, pointerTable.table);
  const stops = auditStop(await readLatest(lake), bounds.auditAgeDaysMax, Date.now());
  count('TrainingStoppedByAudit', stops !== undefined);
  if (stops !== undefined) throw new AuditStops(stops);
  await keepSnapshotFacts(lake, run.snapshotId, facts);
  const { view, cart, uncart, purchase } = facts.interactions;
  return { ...run, interactionCount: view + cart + uncart + purchase };
}

function count(metric: string, isSo: boolean): void {
  metrics.addMetric(metric, MetricUnit.Count, isSo ? 1 : 0);
  metrics.publishStoredMetrics();
}
