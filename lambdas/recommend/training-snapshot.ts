import { readSnapshot } from '../../adapters/s3/snapshot-store.ts';
import { timeRange } from '../../core/training/interactions.ts';
import type { DecodedSnapshot } from '../../core/training/snapshot-file.ts';
import { splitByTime, type TimeSplit } from '../../core/training/split.ts';
import { lake } from './recommend-environment.ts';
import { ArtefactDamaged, SnapshotRejected } from './training-errors.ts';
import type { SnapshotRun } from './training-run.ts';

export interface TrainingSnapshot {
  readonly data: DecodedSnapshot;
  /** The same in every step: it follows from the snapshot and the request alone. */
  readonly split: TimeSplit;
}

/**
 * The run's snapshot, checked, and how it is split.
 * @throws SnapshotRejected when its interactions are too few or span too few days
 * @throws ArtefactDamaged when it is not what was written
 */
export async function openSnapshot(run: SnapshotRun): Promise<TrainingSnapshot> {
  const snapshot = await readSnapshot(lake, run.snapshotId);
  if (!snapshot.ok) throw new ArtefactDamaged(`snapshot ${run.snapshotId}: ${snapshot.reason}`);
  const range = timeRange(snapshot.value.interactions);
  if (range === undefined) throw new SnapshotRejected(run.snapshotId, ['it has no interaction']);
  const outcome = splitByTime(range, run.holdoutDays);
  if (!outcome.ok) throw new SnapshotRejected(run.snapshotId, [outcome.reason]);
  return { data: snapshot.value, split: outcome.split };
}
