import type { S3Client } from '@aws-sdk/client-s3';
import {
  contentFiles,
  type DecodedModel,
  decodeManifest,
  decodeModel,
  MANIFEST_FILE,
  type ModelFiles,
} from '../../core/training/model-file.ts';
import {
  createObjects,
  type ObjectFolder,
  type ReadOptions,
  readInParts,
  readObject,
} from './immutable-objects.ts';

/** Where models lie: `<prefix><id>/…` in `bucket`. */
export interface ModelStore {
  readonly client: S3Client;
  readonly bucket: string;
  /** MODELS_PREFIX, the published models, unless candidates are meant (`candidatesPrefix`). */
  readonly prefix?: string;
}

/** Published models: immutable, what the pointer names. */
export const MODELS_PREFIX = 'models/';

/** Candidates, fitted without the held-out period, lie with their snapshot and expire with it. */
export function candidatesPrefix(snapshotId: string): string {
  return `snapshots/${snapshotId}/candidates/`;
}

/**
 * Reads and checks one model. A missing or damaged file is a value with its reason; only failures of
 * S3 itself (throttling, network, access) reject.
 */
export async function loadModel(
  store: ModelStore,
  id: string,
  options: ReadOptions = {},
): Promise<DecodedModel> {
  const folder = folderOf(store, id);
  const files = new Map<string, Uint8Array>();
  const keep = (name: string, bytes: Uint8Array | undefined) => {
    if (bytes !== undefined) files.set(name, bytes);
  };
  keep(MANIFEST_FILE, await readObject(folder, MANIFEST_FILE, options));
  const manifest = decodeManifest(files.get(MANIFEST_FILE));
  if (manifest.ok) {
    const sizeOf = (name: string) =>
      manifest.value.files.find((entry) => entry.name === name)?.bytes ?? 0;
    await Promise.all(
      contentFiles(manifest.value).map(async (name) =>
        keep(name, await readInParts(folder, name, sizeOf(name), options)),
      ),
    );
  }
  const decoded = decodeModel(files);
  if (!decoded.ok) return { ok: false, reason: `model ${id}: ${decoded.reason}` };
  if (decoded.model.id !== id) {
    return { ok: false, reason: `model ${id}: its manifest says that it is ${decoded.model.id}` };
  }
  return decoded;
}

/** One file of a model, undefined where it does not exist. */
export function readModelFile(
  store: ModelStore,
  id: string,
  name: string,
  options: ReadOptions = {},
): Promise<Uint8Array | undefined> {
  return readObject(folderOf(store, id), name, options);
}

/**
 * Writes a model's files in the map's order, which ends with the manifest: a model whose manifest
 * exists is whole. Also adds further files to a model. Never overwrites.
 */
export function writeModel(store: ModelStore, id: string, files: ModelFiles): Promise<void> {
  return createObjects(folderOf(store, id), files);
}

function folderOf(
  { client, bucket, prefix = MODELS_PREFIX }: ModelStore,
  id: string,
): ObjectFolder {
  return { client, bucket, prefix: `${prefix}${id}/` };
}
