/**
 * The form of a model on S3: `models/<id>/` with
 *
 *   manifest.json   what it is, its parameters, and bytes and SHA-256 of every other file
 *   model.bin       the columns, see model-columns.ts
 *   items.jsonl.br  one catalogue item per line, in the order of the columns, compressed by Brotli
 *
 * The first format had its columns and items uncompressed (model-columns-v1.ts); a model in it is still read.
 * Reading checks every checksum and every bound before anything is used; an unknown version is
 * refused. Failures are values: a caller with another model in memory goes on with that one.
 */
import * as z from 'zod';
import type { Item } from '../catalogue/item.ts';
import {
  type Checked,
  encodeItems,
  type Files,
  fileEntries,
  fileEntry,
  itemSteps,
  parseVersioned,
  type Refusal,
  refusal,
  verifiedFile,
} from './artefact.ts';
import { prepareFoldIn } from './fold-in.ts';
import { ItemPositions } from './item-positions.ts';
import { type Model, modelParameters } from './model.ts';
import {
  compressed,
  decodeColumns,
  type Effort,
  encodeColumns,
  HEADER_WORDS,
  MAGIC,
  MODEL_FORMAT_VERSION,
} from './model-columns.ts';
import { decodeColumnsV1 } from './model-columns-v1.ts';
import { finished, type Steps } from './steps.ts';

const FORMAT_VERSIONS = [1, MODEL_FORMAT_VERSION] as const;

export const MANIFEST_FILE = 'manifest.json';
export const COLUMNS_FILE = 'model.bin';
const ITEMS_FILE = 'items.jsonl.br';
const ITEMS_FILE_V1 = 'items.jsonl';

/** A catalogue row is a few hundred bytes; so much for each is no catalogue of ours. */
const ITEM_BYTES_MAX = 65_536;

export const modelManifest = z.strictObject({
  format: z.literal('kindred-model'),
  formatVersion: z.literal(FORMAT_VERSIONS),
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
  effort: Effort = 'quick',
): ModelFiles {
  const files = new Map<string, Uint8Array>([
    [COLUMNS_FILE, encodeColumns(model, effort)],
    [ITEMS_FILE, compressed(encodeItems(model.items))],
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

/** The files that a model is made of: what `decodeModel` needs besides the manifest. */
export function contentFiles({ formatVersion }: ModelManifest): readonly string[] {
  return [COLUMNS_FILE, formatVersion === 1 ? ITEMS_FILE_V1 : ITEMS_FILE];
}

/** Decodes and checks a model; only the manifest and its `contentFiles` are needed. */
export function decodeModel(files: ModelFiles): DecodedModel {
  return finished(modelSteps(files));
}

/** The same in steps: a model of 100,000 items takes most of a second. */
export function* modelSteps(files: ModelFiles): Steps<DecodedModel> {
  const manifest = decodeManifest(files.get(MANIFEST_FILE));
  if (!manifest.ok) return manifest;
  const [, itemsName = ITEMS_FILE] = contentFiles(manifest.value);
  const columnsBytes = verifiedFile(files, manifest.value.files, COLUMNS_FILE);
  if (!columnsBytes.ok) return columnsBytes;
  const itemsBytes = verifiedFile(files, manifest.value.files, itemsName);
  if (!itemsBytes.ok) return itemsBytes;
  yield;
  const items = yield* itemsIn(itemsBytes.value, itemsName, manifest.value);
  if (!items.ok) return items;
  yield;
  const columns = yield* columnsIn(columnsBytes.value, items.value, manifest.value);
  if (!columns.ok) return columns;
  const { id, asOfMs, parameters } = manifest.value;
  yield;
  const indexOf = yield* ItemPositions.steps(items.value.map(({ itemId }) => itemId));
  yield;
  prepareFoldIn(columns.value);
  return {
    ok: true,
    model: { id, asOfMs, parameters, items: items.value, indexOf, ...columns.value },
  };
}

export function decodeManifest(bytes: Uint8Array | undefined): Checked<ModelManifest> {
  return parseVersioned(bytes, MANIFEST_FILE, modelManifest, ...FORMAT_VERSIONS);
}

function* itemsIn(
  bytes: Uint8Array,
  name: string,
  manifest: ModelManifest,
): Steps<Checked<Item[]>> {
  const { formatVersion, itemCount } = manifest;
  const bytesMax = (itemCount + 1) * ITEM_BYTES_MAX;
  const plain = formatVersion === 1 ? bytes : yield { packed: bytes, bytesMax };
  if (plain === undefined) return refusal(`${name} is not compressed as it should be`);
  yield;
  return yield* itemSteps(plain, name, itemCount);
}

function* columnsIn(
  bytes: Uint8Array,
  items: readonly Item[],
  { formatVersion, itemCount, neighbourCount }: ModelManifest,
): Steps<Checked<Pick<Model, 'neighbours' | 'popular' | 'trending' | 'facts'>>> {
  const headerBytes = HEADER_WORDS * Uint32Array.BYTES_PER_ELEMENT;
  if (bytes.byteLength < headerBytes) return refusal(`${COLUMNS_FILE} has no header`);
  const header = new Uint32Array(new Uint8Array(bytes.subarray(0, headerBytes)).buffer);
  const [magic, version, itemsThere, neighboursThere] = header;
  if (magic !== MAGIC) return refusal(`${COLUMNS_FILE} does not start as a model does`);
  if (version !== formatVersion || itemsThere !== itemCount || neighboursThere !== neighbourCount) {
    return refusal(`${COLUMNS_FILE} and ${MANIFEST_FILE} disagree`);
  }
  if (formatVersion !== 1) {
    return yield* decodeColumns(bytes, items, neighbourCount, COLUMNS_FILE);
  }
  const columns = decodeColumnsV1(bytes, itemCount, neighbourCount, COLUMNS_FILE);
  if (!columns.ok) return columns;
  const { neighbours, popular, trending } = columns.value;
  const isSound = [neighbours.scores, popular, trending].every((column) =>
    column.every(Number.isFinite),
  );
  return isSound ? columns : refusal(`${COLUMNS_FILE} holds a score that is not a finite number`);
}
