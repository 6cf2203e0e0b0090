import {
  contentFiles,
  type DecodedModel,
  decodeManifest,
  MANIFEST_FILE,
  modelSteps,
} from '../../core/training/model-file.ts';
import { betweenRequests } from './between-requests.ts';
import { type ReadObject, type ReadOptions, readInParts } from './object-parts.ts';

/** Published models: immutable, what the pointer names. */
export const MODELS_PREFIX = 'models/';

/**
 * Reads and checks one model, whose files `read` finds by their names. A missing or damaged file is a value with its reason; only failures of
 * S3 itself (throttling, network, access) reject.
 */
export async function readModel(
  read: ReadObject,
  id: string,
  options: ReadOptions = {},
): Promise<DecodedModel> {
  const files = new Map<string, Uint8Array>();
  const keep = (name: string, bytes: Uint8Array | undefined) => {
    if (bytes !== undefined) files.set(name, bytes);
  };
  keep(MANIFEST_FILE, await read(MANIFEST_FILE, options));
  const manifest = decodeManifest(files.get(MANIFEST_FILE));
  if (manifest.ok) {
    const sizeOf = (name: string) =>
      manifest.value.files.find((entry) => entry.name === name)?.bytes ?? 0;
    await Promise.all(
      contentFiles(manifest.value).map(async (name) =>
        keep(name, await readInParts(read, name, sizeOf(name), options)),
      ),
    );
  }
  const decoded = await betweenRequests(modelSteps(files), options.abortSignal);
  if (!decoded.ok) return { ok: false, reason: `model ${id}: ${decoded.reason}` };
  if (decoded.model.id !== id) {
    return { ok: false, reason: `model ${id}: its manifest says that it is ${decoded.model.id}` };
  }
  return decoded;
}
