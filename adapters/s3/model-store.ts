import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  COLUMNS_FILE,
  type DecodedModel,
  decodeModel,
  ITEMS_FILE,
  MANIFEST_FILE,
  type ModelFiles,
} from '../../core/training/model-file.ts';

/** Where models lie: `<prefix><id>/…` in `bucket`. */
export interface ModelStore {
  readonly client: S3Client;
  readonly bucket: string;
  /** MODELS_PREFIX (the default) or CANDIDATES_PREFIX. */
  readonly prefix?: string;
}

/** Published models: immutable, what the pointer names. */
export const MODELS_PREFIX = 'models/';
/** Models that were fitted without the held-out period, kept only until the gate has judged them. */
export const CANDIDATES_PREFIX = 'candidates/';

export interface LoadOptions {
  /** Ends the download, e.g. at a request's deadline; the promise then rejects. */
  readonly abortSignal?: AbortSignal;
}

/**
 * Reads and checks one model. A missing or damaged file is a value with its reason; only failures of
 * S3 itself (throttling, network, access) reject.
 */
export async function loadModel(
  store: ModelStore,
  id: string,
  options: LoadOptions = {},
): Promise<DecodedModel> {
  const names = [MANIFEST_FILE, COLUMNS_FILE, ITEMS_FILE];
  const contents = await Promise.all(names.map((name) => readModelFile(store, id, name, options)));
  const files = new Map<string, Uint8Array>();
  for (const [index, name] of names.entries()) {
    const bytes = contents[index];
    if (bytes !== undefined) files.set(name, bytes);
  }
  const decoded = decodeModel(files);
  if (!decoded.ok) return { ok: false, reason: `model ${id}: ${decoded.reason}` };
  if (decoded.model.id !== id) {
    return { ok: false, reason: `model ${id}: its manifest says that it is ${decoded.model.id}` };
  }
  return decoded;
}

/** One file of a model, undefined where it does not exist. */
export async function readModelFile(
  store: ModelStore,
  id: string,
  name: string,
  options: LoadOptions = {},
): Promise<Uint8Array | undefined> {
  try {
    const command = new GetObjectCommand({ Bucket: store.bucket, Key: keyOf(store, id, name) });
    const answer = await store.client.send(command, options);
    return await answer.Body?.transformToByteArray();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/**
 * Writes every file of a model, the manifest last, so that a model whose manifest exists is whole.
 * Nothing is ever overwritten: where a file already stands (a retry of the same step, which writes
 * the same bytes) it is left alone, and the manifest's checksums decide on reading.
 */
export async function writeModel(store: ModelStore, id: string, files: ModelFiles): Promise<void> {
  const names = [...files.keys()].filter((name) => name !== MANIFEST_FILE);
  for (const name of [...names, MANIFEST_FILE]) {
    const bytes = files.get(name);
    if (bytes === undefined) throw new Error(`model ${id} has no ${name} to write`);
    await putOnce(store, keyOf(store, id, name), bytes);
  }
}

/** Creates one object; does nothing where the key is already taken. */
async function putOnce(store: ModelStore, key: string, bytes: Uint8Array): Promise<void> {
  try {
    await store.client.send(
      new PutObjectCommand({
        Bucket: store.bucket,
        Key: key,
        Body: bytes,
        IfNoneMatch: '*',
        ContentType: key.endsWith('.json') ? 'application/json' : 'application/octet-stream',
      }),
    );
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed') return;
    throw error;
  }
}

function keyOf(store: ModelStore, id: string, name: string): string {
  return `${store.prefix ?? MODELS_PREFIX}${id}/${name}`;
}
