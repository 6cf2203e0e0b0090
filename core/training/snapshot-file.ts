/**
 * The form of a snapshot on S3: `snapshots/<id>/` with
 *
 *   manifest.json     its facts, the days it is made of, the checks, and bytes and SHA-256 of every other file
 *   interactions.bin  little-endian: magic, version, row, customer and item counts, then the columns
 *                     customers u32, items u32, timesS u32, kinds u8 (last, so that all are aligned)
 *   items.jsonl       the dictionary of items: line n is what the columns call n
 *   interactions.parquet, profiles.parquet  the same and the customers' figures, for people and other engines
 *   changes.json      items that are back in stock, cheaper or new, for strategies that tell of it
 *
 * Checked on reading as a model is (model-file.ts).
 */
import * as z from 'zod';
import { type ChangedItems, changedItems } from '../catalogue/changed-items.ts';
import { snapshotCheck } from '../quality/snapshot-expectations.ts';
import { type SnapshotFacts, snapshotFacts } from '../quality/snapshot-facts.ts';
import {
  type Checked,
  decodeItems,
  encodeItems,
  fileEntries,
  fileEntry,
  parseVersioned,
  refusal,
  verifiedFile,
} from './artefact.ts';
import type { TrainingData } from './fit.ts';
import { type Interactions, kindWeights } from './interactions.ts';
import type { BuiltSnapshot } from './snapshot-builder.ts';

export const SNAPSHOT_FORMAT_VERSION = 2;

export const MANIFEST_FILE = 'manifest.json';
export const INTERACTIONS_FILE = 'interactions.bin';
export const ITEMS_FILE = 'items.jsonl';
export const CHANGES_FILE = 'changes.json';
export const INTERACTIONS_PARQUET = 'interactions.parquet';
export const PROFILES_PARQUET = 'profiles.parquet';

/** "KNDS" read as a little-endian u32. */
const MAGIC = 0x53444e4b;
const WORD_BYTES = 4;
const HEADER_WORDS = 5;
/** Three u32 columns and one u8. */
const ROW_BYTES = 13;

export const snapshotManifest = z.strictObject({
  format: z.literal('kindred-snapshot'),
  formatVersion: z.literal(SNAPSHOT_FORMAT_VERSION),
  id: z.string().min(1),
  facts: snapshotFacts,
  /** Days of arrival, the oldest first; `isRead`: from the lake, rather than as an earlier snapshot left it. */
  days: z.array(
    z.strictObject({
      day: z.iso.date(),
      fingerprint: z.string(),
      lines: z.int().nonnegative(),
      isRead: z.boolean(),
    }),
  ),
  /** Events by the version of their schema, as they were stored. */
  schemaVersions: z.record(z.string(), z.int().nonnegative()),
  /** Profiles in profiles.parquet, of the moment of the run. */
  profileCount: z.int().nonnegative(),
  /** What was expected of it, and whether it is met. */
  checks: z.array(snapshotCheck),
  files: z.array(fileEntry),
});
export type SnapshotManifest = z.infer<typeof snapshotManifest>;

export interface DecodedSnapshot extends TrainingData {
  readonly facts: SnapshotFacts;
}

/** What else a snapshot has. */
export interface SnapshotExtras
  extends Partial<Pick<SnapshotManifest, 'days' | 'schemaVersions' | 'profileCount' | 'checks'>> {
  readonly changes?: ChangedItems;
  /** The files for people and other engines. */
  readonly parquet?: ReadonlyMap<string, Uint8Array>;
}

/** All files of a snapshot, the manifest last, as they must be written. */
export function encodeSnapshot(
  id: string,
  built: BuiltSnapshot,
  extras: SnapshotExtras = {},
): Map<string, Uint8Array> {
  const { changes, parquet = new Map(), days = [], schemaVersions = {} } = extras;
  const { profileCount = 0, checks = [] } = extras;
  const files = new Map<string, Uint8Array>([
    [INTERACTIONS_FILE, encodeInteractions(built.interactions)],
    [ITEMS_FILE, encodeItems(built.items)],
    ...parquet,
  ]);
  if (changes !== undefined) files.set(CHANGES_FILE, Buffer.from(`${JSON.stringify(changes)}\n`));
  const manifest: SnapshotManifest = {
    format: 'kindred-snapshot',
    formatVersion: SNAPSHOT_FORMAT_VERSION,
    id,
    facts: built.facts,
    days,
    schemaVersions,
    profileCount,
    checks,
    files: fileEntries(files),
  };
  return files.set(MANIFEST_FILE, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
}

export function decodeSnapshotManifest(bytes: Uint8Array | undefined): Checked<SnapshotManifest> {
  return parseVersioned(bytes, MANIFEST_FILE, snapshotManifest, SNAPSHOT_FORMAT_VERSION);
}

export function decodeSnapshot(files: ReadonlyMap<string, Uint8Array>): Checked<DecodedSnapshot> {
  const manifest = decodeSnapshotManifest(files.get(MANIFEST_FILE));
  if (!manifest.ok) return manifest;
  const columns = verifiedFile(files, manifest.value.files, INTERACTIONS_FILE);
  if (!columns.ok) return columns;
  const dictionary = verifiedFile(files, manifest.value.files, ITEMS_FILE);
  if (!dictionary.ok) return dictionary;
  const { facts } = manifest.value;
  const changes = decodeChanges(files, manifest.value);
  if (!changes.ok) return changes;
  const items = decodeItems(dictionary.value, ITEMS_FILE, facts.items);
  if (!items.ok) return items;
  const interactions = decodeInteractions(columns.value);
  if (!interactions.ok) return interactions;
  if (interactions.value.itemCount !== facts.items) {
    return refusal(`${INTERACTIONS_FILE} and ${ITEMS_FILE} disagree`);
  }
  return {
    ok: true,
    value: {
      interactions: interactions.value,
      items: items.value,
      facts,
      ...(changes.value !== undefined && { changes: changes.value }),
    },
  };
}

/** Undefined where the snapshot was made without. */
function decodeChanges(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: SnapshotManifest,
): Checked<ChangedItems | undefined> {
  if (!manifest.files.some(({ name }) => name === CHANGES_FILE))
    return { ok: true, value: undefined };
  const bytes = verifiedFile(files, manifest.files, CHANGES_FILE);
  if (!bytes.ok) return bytes;
  const parsed = changedItems.safeParse(JSON.parse(new TextDecoder().decode(bytes.value)));
  return parsed.success
    ? { ok: true, value: parsed.data }
    : refusal(`${CHANGES_FILE} is malformed: ${z.prettifyError(parsed.error)}`);
}

function encodeInteractions(interactions: Interactions): Uint8Array {
  const { customers, items, timesS, kinds, customerCount, itemCount } = interactions;
  const header = new Uint32Array([
    MAGIC,
    SNAPSHOT_FORMAT_VERSION,
    kinds.length,
    customerCount,
    itemCount,
  ]);
  const columns = [header, customers, items, timesS, kinds];
  return Buffer.concat(
    columns.map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength)),
  );
}

function decodeInteractions(bytes: Uint8Array): Checked<Interactions> {
  const headerBytes = HEADER_WORDS * WORD_BYTES;
  if (bytes.byteLength < headerBytes) return refusal(`${INTERACTIONS_FILE} has no header`);
  const { buffer } = new Uint8Array(bytes);
  const [magic, version, rows = 0, customerCount = 0, itemCount = 0] = new Uint32Array(
    buffer,
    0,
    HEADER_WORDS,
  );
  if (magic !== MAGIC || version !== SNAPSHOT_FORMAT_VERSION) {
    return refusal(
      `${INTERACTIONS_FILE} does not start as a snapshot of version ${SNAPSHOT_FORMAT_VERSION} does`,
    );
  }
  if (buffer.byteLength !== headerBytes + rows * ROW_BYTES) {
    return refusal(`${INTERACTIONS_FILE} has ${buffer.byteLength} bytes for ${rows} rows`);
  }
  const column = (index: number) =>
    new Uint32Array(buffer, headerBytes + index * rows * WORD_BYTES, rows);
  const [customers, items, timesS] = [column(0), column(1), column(2)];
  const kinds = new Uint8Array(buffer, headerBytes + 3 * rows * WORD_BYTES, rows);
  const isSound =
    customers.every((customer) => customer < customerCount) &&
    items.every((item) => item < itemCount) &&
    kinds.every((kind) => kind < kindWeights.length);
  if (!isSound) return refusal(`${INTERACTIONS_FILE} points outside of its dictionaries`);
  return { ok: true, value: { customers, items, kinds, timesS, customerCount, itemCount } };
}
