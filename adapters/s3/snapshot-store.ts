import type { S3Client } from '@aws-sdk/client-s3';
import type { Checked } from '../../core/training/artefact.ts';
import {
  CHANGES_FILE,
  type DecodedSnapshot,
  decodeSnapshot,
  decodeSnapshotManifest,
  INTERACTIONS_FILE,
  ITEMS_FILE,
  MANIFEST_FILE,
  type SnapshotManifest,
} from '../../core/training/snapshot-file.ts';
import { createObjects, type ObjectFolder, readObject, readObjects } from './immutable-objects.ts';

/** The lake's `snapshots/<id>/`. */
export interface SnapshotStore {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Writes a snapshot's files, the manifest last. Never overwrites. */
export function writeSnapshot(
  store: SnapshotStore,
  id: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  return createObjects(folderOf(store, id), files);
}

/** Reads and checks a snapshot; damage is a value with its reason, failures of S3 reject. */
export async function readSnapshot(
  store: SnapshotStore,
  id: string,
): Promise<Checked<DecodedSnapshot>> {
  const names = [MANIFEST_FILE, INTERACTIONS_FILE, ITEMS_FILE, CHANGES_FILE];
  return decodeSnapshot(await readObjects(folderOf(store, id), names));
}

/** Only what is known of a snapshot. */
export async function readSnapshotManifest(
  store: SnapshotStore,
  id: string,
): Promise<Checked<SnapshotManifest>> {
  return decodeSnapshotManifest(await readObject(folderOf(store, id), MANIFEST_FILE));
}

function folderOf({ client, bucket }: SnapshotStore, id: string): ObjectFolder {
  return { client, bucket, prefix: `snapshots/${id}/` };
}
