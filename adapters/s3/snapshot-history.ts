import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { type SnapshotFacts, snapshotFacts } from '../../core/quality/snapshot-facts.ts';
import { createObjects, readObject } from './immutable-objects.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** Figures of the snapshots that were trained on; they outlast the snapshots themselves. */
const PREFIX = 'snapshot-facts/';

export function keepSnapshotFacts(
  { client, bucket }: SnapshotStore,
  id: string,
  facts: SnapshotFacts,
): Promise<void> {
  const file = Buffer.from(`${JSON.stringify(facts)}\n`);
  return createObjects({ client, bucket, prefix: PREFIX }, new Map([[`${id}.json`, file]]));
}

/** Of the last `countMax` snapshots, the newest first; what another release has written is left out. */
export async function readSnapshotFacts(
  { client, bucket }: SnapshotStore,
  countMax: number,
): Promise<SnapshotFacts[]> {
  const names: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: PREFIX })) {
    for (const { Key = '' } of page.Contents ?? []) names.push(Key.slice(PREFIX.length));
  }
  const newest = names.sort().reverse().slice(0, countMax);
  const found: SnapshotFacts[] = [];
  for (const name of newest) {
    const bytes = await readObject({ client, bucket, prefix: PREFIX }, name);
    if (bytes === undefined) continue;
    const parsed = snapshotFacts.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (parsed.success) found.push(parsed.data);
  }
  return found;
}
