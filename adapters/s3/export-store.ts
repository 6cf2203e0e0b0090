import { createHash } from 'node:crypto';
import {
  DeleteObjectsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type * as z from 'zod';
import {
  EXPORT_MANIFEST_FILE,
  type ExportedFile,
  type ExportFormat,
  type ExportManifest,
  type ExportProgress,
  type ExportRun,
  exportedFileName,
  exportManifest,
  exportProgress,
  exportRun,
} from '../../core/blocks/recommendation-export.ts';
import type { ColumnData } from '../../core/quality/curated-part.ts';
import { encodePart } from '../files/export-part.ts';
import { readObject } from './immutable-objects.ts';
import { openText, replaceText } from './text-objects.ts';

/** The lake's `exports/<model id>/<export id>/…`, and `export-work/<export id>/…` for what a run remembers. */
export interface ExportStore {
  readonly client: S3Client;
  readonly bucket: string;
}

export const EXPORT_WORK_PREFIX = 'export-work/';

/** What S3 deletes in one request. */
const DELETED_MAX = 1_000;

const contentTypes: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'application/x-ndjson',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
};

/** A part of a piece of work. */
export interface PartPlace {
  readonly list: ExportedFile['list'];
  readonly unit: number;
  readonly part: number;
}

/** Writes one part in each format; repeated, it writes the same objects again. */
export async function putExportPart(
  { client, bucket }: ExportStore,
  folder: string,
  { list, unit, part }: PartPlace,
  formats: readonly ExportFormat[],
  columns: readonly ColumnData[],
): Promise<ExportProgress['files']> {
  const rows = columns[0]?.data.length ?? 0;
  const files: ExportProgress['files'] = [];
  for (const format of formats) {
    const name = exportedFileName(list, format, unit, part);
    const body = encodePart(format, columns);
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: `${folder}${name}`,
      Body: body,
      ContentType: contentTypes[format],
    });
    const { ETag = '' } = await client.send(put);
    files.push({ ...describedFile({ name, list, format }, rows, body), etag: ETag });
  }
  return files;
}

export function describedFile(
  file: Pick<ExportedFile, 'name' | 'list' | 'format'>,
  rows: number,
  bytes: Uint8Array,
): ExportedFile {
  const { name, list, format } = file;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, list, format, rows, bytes: bytes.byteLength, sha256 };
}

/** Name below the folder → ETag, of everything that lies there. */
export async function exportedObjects(
  { client, bucket }: ExportStore,
  folder: string,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder })) {
    for (const { Key = '', ETag = '' } of page.Contents ?? []) {
      found.set(Key.slice(folder.length), ETag);
    }
  }
  return found;
}

export async function deleteExported(
  { client, bucket }: ExportStore,
  folder: string,
  names: readonly string[],
): Promise<void> {
  for (let from = 0; from < names.length; from += DELETED_MAX) {
    const Objects = names
      .slice(from, from + DELETED_MAX)
      .map((name) => ({ Key: `${folder}${name}` }));
    await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
  }
}

export function putManifest(
  store: ExportStore,
  folder: string,
  manifest: ExportManifest,
): Promise<void> {
  return putDocument(store, `${folder}${EXPORT_MANIFEST_FILE}`, manifest);
}

/**
 * Says in the manifest of a part's export what the part is about to be. An export that has none yet describes what
 * it finds at its end.
 * @throws ObjectChangedError when another correction came in between.
 */
export async function correctManifest(
  store: ExportStore,
  partKey: string,
  rows: number,
  bytes: Uint8Array,
): Promise<void> {
  // <folder><list>/<format>/<part>
  const folder = partKey.split('/').slice(0, -3).join('/');
  const name = partKey.slice(folder.length + 1);
  const key = `${folder}/${EXPORT_MANIFEST_FILE}`;
  const open = await openText(store, key);
  if (open === undefined) return;
  const lines: string[] = [];
  for await (const line of open.lines) lines.push(line);
  const manifest = exportManifest.parse(JSON.parse(lines.join('\n')));
  const files = manifest.files.map((file) =>
    file.name === name ? describedFile(file, rows, bytes) : file,
  );
  await replaceText(store, key, open, documentText({ ...manifest, files }));
}

export function readExportRun(store: ExportStore, id: string): Promise<ExportRun | undefined> {
  return readDocument(store, `${id}/run.json`, exportRun);
}

export function writeExportRun(store: ExportStore, run: ExportRun): Promise<void> {
  return putDocument(store, `${EXPORT_WORK_PREFIX}${run.exportId}/run.json`, run);
}

export function readExportProgress(
  store: ExportStore,
  id: string,
  unit: number,
): Promise<ExportProgress | undefined> {
  return readDocument(store, progressName(id, unit), exportProgress);
}

export function writeExportProgress(
  store: ExportStore,
  id: string,
  unit: number,
  progress: ExportProgress,
): Promise<void> {
  return putDocument(store, `${EXPORT_WORK_PREFIX}${progressName(id, unit)}`, progress);
}

function progressName(id: string, unit: number): string {
  return `${id}/unit-${String(unit).padStart(5, '0')}.json`;
}

async function readDocument<Document>(
  store: ExportStore,
  name: string,
  schema: z.ZodType<Document>,
): Promise<Document | undefined> {
  const bytes = await readObject({ ...store, prefix: EXPORT_WORK_PREFIX }, name);
  return bytes && schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

async function putDocument(
  { client, bucket }: ExportStore,
  key: string,
  document: object,
): Promise<void> {
  const Body = documentText(document);
  await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/json' }),
  );
}

function documentText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
