/**
 * The form of a model on S3: `models/<id>/` with
 *
 *   manifest.json  what it is, its parameters, and bytes and SHA-256 of every other file
 *   model.bin      little-endian: magic, version, item and neighbour counts, then the columns
 *                  offsets u32[items + 1], indices u32[n], scores f32[n], popular f32[items],
 *                  trending f32[items]
 *   items.jsonl    one catalogue item per line, in the order of the columns
 *
 * Reading checks every checksum and every bound before anything is used; an unknown version is
 * refused. Failures are values: a caller with another model in memory goes on with that one.
 */
import * as z from 'zod';
import {
  type Checked,
  decodeItems,
  encodeItems,
  type Files,
  fileEntries,
  fileEntry,
  parseVersioned,
  type Refusal,
  refusal,
  verifiedFile,
} from './artefact.ts';
import { type Model, modelParameters } from './model.ts';

export const MODEL_FORMAT_VERSION = 1;

export const MANIFEST_FILE = 'manifest.json';
export const COLUMNS_FILE = 'model.bin';
export const ITEMS_FILE = 'items.jsonl';

/** "KNDM" read as a little-endian u32. */
const MAGIC = 0x4d444e4b;
const HEADER_BYTES = 16;
const WORD_BYTES = 4;

export const modelManifest = z.strictObject({
  format: z.literal('kindred-model'),
  formatVersion: z.literal(MODEL_FORMAT_VERSION),
  id: z.string().min(1),
  asOfMs: z.number(),
  parameters: modelParameters,
  itemCount: z.int().nonnegative(),
  neighbourCount: z.int().nonnegative(),
  files: z.array(fileEntry),
});
export type ModelManifest = z.infer<typeof modelManifest>;

/** File name → bytes. */
export type ModelFiles = Files;

export type DecodedModel = { readonly ok: true; readonly model: Model } | Refusal;

/** All files of a model, the manifest last, as they must be written. `extras` (the report) are listed in it too. */
export function encodeModel(
  model: Model,
  extras: ReadonlyMap<string, Uint8Array> = new Map(),
): ModelFiles {
  const files = new Map<string, Uint8Array>([
    [COLUMNS_FILE, encodeColumns(model)],
    [ITEMS_FILE, encodeItems(model.items)],
    ...extras,
  ]);
  const manifest: ModelManifest = {
    format: 'kindred-model',
    formatVersion: MODEL_FORMAT_VERSION,
    id: model.id,
    asOfMs: model.asOfMs,
    parameters: model.parameters,
    itemCount: model.items.length,
    neighbourCount: model.neighbours.indices.length,
    files: fileEntries(files),
  };
  files.set(MANIFEST_FILE, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  return files;
}

/** Decodes and checks a model; only the manifest, the columns and the items are needed. */
export function decodeModel(files: ModelFiles): DecodedModel {
  const manifest = decodeManifest(files.get(MANIFEST_FILE));
  if (!manifest.ok) return manifest;
  const columnsBytes = verifiedFile(files, manifest.value.files, COLUMNS_FILE);
  if (!columnsBytes.ok) return columnsBytes;
  const itemsBytes = verifiedFile(files, manifest.value.files, ITEMS_FILE);
  if (!itemsBytes.ok) return itemsBytes;
  const columns = decodeColumns(columnsBytes.value, manifest.value);
  if (!columns.ok) return columns;
  const items = decodeItems(itemsBytes.value, ITEMS_FILE, manifest.value.itemCount);
  if (!items.ok) return items;
  const { id, asOfMs, parameters } = manifest.value;
  const indexOf = new Map(items.value.map((entry, index) => [entry.itemId, index]));
  return {
    ok: true,
    model: { id, asOfMs, parameters, items: items.value, indexOf, ...columns.value },
  };
}

export function decodeManifest(bytes: Uint8Array | undefined): Checked<ModelManifest> {
  return parseVersioned(bytes, MANIFEST_FILE, modelManifest, MODEL_FORMAT_VERSION);
}

function encodeColumns(model: Model): Uint8Array {
  const { offsets, indices, scores } = model.neighbours;
  const header = new Uint32Array([MAGIC, MODEL_FORMAT_VERSION, model.items.length, indices.length]);
  const columns = [header, offsets, indices, scores, model.popular, model.trending];
  return Buffer.concat(
    columns.map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength)),
  );
}

function decodeColumns(
  bytes: Uint8Array,
  manifest: ModelManifest,
): Checked<Pick<Model, 'neighbours' | 'popular' | 'trending'>> {
  const { itemCount, neighbourCount } = manifest;
  const words = itemCount + 1 + 2 * neighbourCount + 2 * itemCount;
  if (bytes.byteLength !== HEADER_BYTES + words * WORD_BYTES) {
    return refusal(`${COLUMNS_FILE} has ${bytes.byteLength} bytes, which its counts do not give`);
  }
  // A copy: it is aligned to 4 bytes, and does not keep the download's buffer alive.
  const { buffer } = new Uint8Array(bytes);
  const [magic, version, items, neighbours] = new Uint32Array(buffer, 0, HEADER_BYTES / WORD_BYTES);
  if (magic !== MAGIC) return refusal(`${COLUMNS_FILE} does not start as a model does`);
  if (version !== MODEL_FORMAT_VERSION || items !== itemCount || neighbours !== neighbourCount) {
    return refusal(`${COLUMNS_FILE} and ${MANIFEST_FILE} disagree`);
  }
  let at = HEADER_BYTES;
  const next = (count: number): number => {
    const start = at;
    at += count * WORD_BYTES;
    return start;
  };
  const offsets = new Uint32Array(buffer, next(itemCount + 1), itemCount + 1);
  const indices = new Uint32Array(buffer, next(neighbourCount), neighbourCount);
  const scores = new Float32Array(buffer, next(neighbourCount), neighbourCount);
  const popular = new Float32Array(buffer, next(itemCount), itemCount);
  const trending = new Float32Array(buffer, next(itemCount), itemCount);
  if (!rowsAreSound(offsets, indices, itemCount)) {
    return refusal(`${COLUMNS_FILE} points outside of its own rows or items`);
  }
  if (![scores, popular, trending].every((column) => column.every(Number.isFinite))) {
    return refusal(`${COLUMNS_FILE} holds a score that is not a finite number`);
  }
  return { ok: true, value: { neighbours: { offsets, indices, scores }, popular, trending } };
}

function rowsAreSound(offsets: Uint32Array, indices: Uint32Array, itemCount: number): boolean {
  if (offsets[0] !== 0 || offsets[itemCount] !== indices.length) return false;
  const ascends = offsets.every((offset, row) => row === 0 || offset >= (offsets[row - 1] ?? 0));
  return ascends && indices.every((target) => target < itemCount);
}
