import { DeleteObjectsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { type Checked, refusal, verifiedFile } from '../../core/training/artefact.ts';
import {
  decodeManifest,
  MANIFEST_FILE,
  type ModelManifest,
} from '../../core/training/model-file.ts';
import type { StoredModel } from '../../core/training/model-retention.ts';
import { MODELS_PREFIX } from './model-reader.ts';
import { type ModelStore, readModelFile } from './model-store.ts';

/** A model as the bucket lists it. */
export interface ListedModel extends StoredModel {
  readonly bytes: number;
  /** Its manifest, which is written last, is there. */
  readonly isWhole: boolean;
}

/** S3 deletes at most a thousand objects with one request. */
const DELETED_MAX = 1000;

/** All models, in the order of their ids; also what is left of one that was never written to its end. */
export async function listModels(store: ModelStore): Promise<ListedModel[]> {
  const models = new Map<string, ListedModel>();
  for await (const { key, bytes, writtenAtMs } of filesBelow(store, prefixOf(store))) {
    const [id = '', name = ''] = key.slice(prefixOf(store).length).split('/');
    const known = models.get(id) ?? { id, bytes: 0, isWhole: false, writtenAtMs: 0 };
    models.set(id, {
      id,
      bytes: known.bytes + bytes,
      isWhole: known.isWhole || name === MANIFEST_FILE,
      writtenAtMs: Math.max(known.writtenAtMs, writtenAtMs),
    });
  }
  return [...models.values()];
}

/**
 * Reads every file that a model's manifest lists, one after the other, and holds it against its
 * checksum: what is made current was seen whole.
 */
export async function verifyModel(store: ModelStore, id: string): Promise<Checked<ModelManifest>> {
  const manifest = decodeManifest(await readModelFile(store, id, MANIFEST_FILE));
  if (!manifest.ok) return refusal(`model ${id}: ${manifest.reason}`);
  if (manifest.value.id !== id) {
    return refusal(`model ${id}: its manifest says that it is ${manifest.value.id}`);
  }
  for (const { name } of manifest.value.files) {
    const bytes = await readModelFile(store, id, name);
    const files = new Map(bytes === undefined ? [] : [[name, bytes]]);
    const checked = verifiedFile(files, manifest.value.files, name);
    if (!checked.ok) return refusal(`model ${id}: ${checked.reason}`);
  }
  return manifest;
}

/** Deletes a model, the manifest first: what is left after a crash between is no model any more. */
export async function deleteModel(store: ModelStore, id: string): Promise<void> {
  const prefix = `${prefixOf(store)}${id}/`;
  const keys: string[] = [];
  for await (const { key } of filesBelow(store, prefix)) keys.push(key);
  const isManifest = (key: string) => key === `${prefix}${MANIFEST_FILE}`;
  await deleteObjects(store, keys.filter(isManifest));
  await deleteObjects(
    store,
    keys.filter((key) => !isManifest(key)),
  );
}

async function deleteObjects({ client, bucket }: ModelStore, keys: readonly string[]) {
  for (let from = 0; from < keys.length; from += DELETED_MAX) {
    const Objects = keys.slice(from, from + DELETED_MAX).map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [failed] = Errors;
    if (failed !== undefined) throw new Error(`${failed.Key} was not deleted (${failed.Code})`);
  }
}

async function* filesBelow({ client, bucket }: ModelStore, prefix: string) {
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key: key, Size = 0, LastModified } of page.Contents ?? []) {
      if (key !== undefined) yield { key, bytes: Size, writtenAtMs: LastModified?.getTime() ?? 0 };
    }
  }
}

function prefixOf({ prefix = MODELS_PREFIX }: ModelStore): string {
  return prefix;
}
