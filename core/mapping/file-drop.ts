import * as z from 'zod';
import { sourceId } from '../events/source.ts';
import { mappingDocument } from './mapping.ts';

/**
 * Files dropped on S3. A document of the config table says how a source's files are read (kind
 * `fileDrop`, id the source's), another holds the mapping (kind `mapping`, id the mapping's).
 */
export const fileDropDocument = z.strictObject({
  /** Id of a mapping document. */
  mappingId: z.string().min(1).max(100),
});
export type FileDropDocument = z.infer<typeof fileDropDocument>;

/**
 * A mapping as the table holds it: as text below a key of its own. DynamoDB's maps have no order, and
 * fields are computed in theirs; and the mapping's `id` is the table's too.
 */
export const mappingConfig = z.preprocess(
  (value) => (hasText(value) ? parseJson(value.text) : value),
  mappingDocument,
);

/** Below it files arrive: `drop/<source>/<any name>`. The other folders are Kindred's. */
export const DROP_PREFIX = 'drop/';
export const MANIFEST_PREFIX = 'manifests/';
export const REJECTS_PREFIX = 'rejects/';
export const WORK_PREFIX = 'work/';
export const LEDGER_PREFIX = 'ledger/';
export const FEEDS_PREFIX = 'feeds/';

/** Whose file it is; nothing for what lies beside the sources' folders, and for the folders themselves. */
export function sourceOfKey(key: string): string | undefined {
  const [folder, id, name] = key.split('/');
  if (`${folder}/` !== DROP_PREFIX || !name || key.endsWith('/')) return undefined;
  return sourceId.safeParse(id).data;
}

/** Where it is told what became of a file. */
export function manifestKey(key: string): string {
  return `${MANIFEST_PREFIX}${key.slice(DROP_PREFIX.length)}.manifest.json`;
}

/** Where the rows are kept that can't be converted, in parts counted from 1. */
export function rejectsKey(key: string, part: number, extension: string): string {
  const name = key.slice(DROP_PREFIX.length);
  return `${REJECTS_PREFIX}${name}.rejects-${padded(part)}.${extension}`;
}

/** What an import writes down for its next steps. */
export function workKey(runId: string, name: string): string {
  return `${WORK_PREFIX}${runId}/${name}`;
}

export function chunkName(chunk: number): string {
  return `chunks/${padded(chunk)}.ndjson`;
}

export function resultName(chunk: number): string {
  return `results/${padded(chunk)}.json`;
}

/** The items of a source's last full feed. */
export function feedKey(sourceId: string, mappingId: string): string {
  return `${FEEDS_PREFIX}${sourceId}/${encodeURIComponent(mappingId)}.json`;
}

/** The marks of the events that imports of a mapping have taken, a file each. */
export function ledgerPrefix(mappingId: string): string {
  return `${LEDGER_PREFIX}${encodeURIComponent(mappingId)}/`;
}

function padded(number: number): string {
  return String(number).padStart(5, '0');
}

function hasText(value: unknown): value is { text: string } {
  return (
    typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
