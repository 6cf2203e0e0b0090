import type { S3Client } from '@aws-sdk/client-s3';
import type { DecodedModel, ModelFiles } from '../../core/training/model-file.ts';
import { createObjects, type ObjectFolder, readObject } from './immutable-objects.ts';
import { MODELS_PREFIX, readModel } from './model-reader.ts';
import type { ReadOptions } from './object-parts.ts';

/** Where models lie: `<prefix><id>/…` in `bucket`. */
export interface ModelStore {
  readonly client: S3Client;
  readonly bucket: string;
  /** MODELS_PREFIX, the published models, unless candidates are meant (`candidatesPrefix`). */
  readonly prefix?: string;
}

/** Candidates, fitted without the held-out period, lie with their snapshot and expire with it. */
export function candidatesPrefix(snapshotId: string): string {
  return `snapshots/${snapshotId}/candidates/`;
}

/** Reads and checks one model, see `readModel`. */
export function loadModel(
  store: ModelStore,
  id: string,
  options: ReadOptions = {},
): Promise<DecodedModel> {
  const folder = folderOf(store, id);
  return readModel((name, each) => readObject(folder, name, each), id, options);
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
