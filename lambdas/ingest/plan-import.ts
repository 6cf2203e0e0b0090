import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ConfigDocuments } from '../../adapters/dynamodb/config-documents.ts';
import type { MappingDocuments } from '../../adapters/dynamodb/mapping-documents.ts';
import { type DropStore, describeObject, putObject } from '../../adapters/s3/drop-store.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import { DEFAULT_SOURCE_PRIORITY, type SourceDocument } from '../../core/events/source.ts';
import {
  type FileDropDocument,
  manifestKey,
  sourceOfKey,
  workKey,
} from '../../core/mapping/file-drop.ts';
import { createRowInterpreter } from '../../core/mapping/interpret-row.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { MappingError } from '../../core/mapping/mapping-error.ts';
import type { RowCounts } from '../../core/mapping/row-tally.ts';
import {
  type ImportManifest,
  ImportRefused,
  type ImportRun,
  importManifest,
  type NothingToImport,
} from './import-run.ts';

export interface PlanPorts {
  readonly store: DropStore;
  readonly fileDrops: Pick<ConfigDocuments<FileDropDocument>, 'get'>;
  readonly mappings: Pick<MappingDocuments, 'get'>;
  readonly sources: Pick<ConfigDocuments<SourceDocument>, 'get'>;
  readonly nowMs: () => number;
}

/** An event of S3 over EventBridge, and the name of the execution that it started. */
export const planRequest = z.object({
  runId: z.string().min(1),
  event: z.object({
    detail: z.object({
      object: z.object({ key: z.string(), etag: z.string().exactOptional() }),
    }),
  }),
});

/**
 * Decides what is to be done about a file that has arrived, and writes down the mapping by which all
 * steps will read it.
 * @throws ImportRefused when it can't be imported as things are configured.
 */
export async function planImport(
  request: z.infer<typeof planRequest>,
  ports: PlanPorts,
): Promise<ImportRun | NothingToImport> {
  const { runId, event } = request;
  const { key, etag } = event.detail.object;
  const sourceId = sourceOfKey(key);
  if (sourceId === undefined) return nothing('no file', key);
  const file = await describeObject(ports.store, key);
  // Deleted, or replaced: then an event of its own tells of the successor.
  if (file === undefined || (etag !== undefined && unquoted(etag) !== unquoted(file.etag))) {
    return nothing('replaced', key);
  }
  const { source, mapping } = await configuredFor(sourceId, file, ports);
  const text = JSON.stringify(mapping);
  const mappingVersion = createHash('sha256').update(text).digest('hex');
  const earlier = await readManifest(ports.store, key);
  if (isSame(earlier, file.etag, mappingVersion)) {
    const again = { ...earlier, droppedAgainAt: file.lastModifiedAt };
    await putObject(ports.store, manifestKey(key), manifestText(again));
    return nothing('done before', key);
  }
  await putObject(ports.store, workKey(runId, 'mapping.json'), text);
  return {
    kind: 'import',
    runId,
    bucket: ports.store.bucket,
    key,
    etag: file.etag,
    bytes: file.bytes,
    droppedAt: file.lastModifiedAt,
    startedAt: new Date(ports.nowMs()).toISOString(),
    source,
    mappingId: mapping.id,
    mappingVersion,
    isSplit: false,
    counts: NO_ROWS,
    duplicateEvents: 0,
    chunkCount: 0,
    chunkRows: 0,
    rejectsCount: 0,
    isLedgerWhole: true,
  };
}

/** What was told of an earlier file of that name; nothing where it can't be read. */
export async function readManifest(
  store: DropStore,
  key: string,
): Promise<ImportManifest | undefined> {
  const bytes = await readObject({ ...store, prefix: '' }, manifestKey(key));
  if (bytes === undefined) return undefined;
  return importManifest.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
}

export function manifestText(manifest: ImportManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function isSame(
  earlier: ImportManifest | undefined,
  etag: string,
  mappingVersion: string,
): earlier is ImportManifest {
  return (
    earlier?.status === 'done' && earlier.etag === etag && earlier.mappingVersion === mappingVersion
  );
}

/** What is configured for the source; what is missing is also told beside the file. */
async function configuredFor(sourceId: string, file: FoundFile, ports: PlanPorts) {
  try {
    const source = await sourceNamed(sourceId, ports);
    return { source, mapping: await mappingOf(sourceId, ports) };
  } catch (error) {
    if (!(error instanceof ImportRefused)) throw error;
    const at = new Date(ports.nowMs()).toISOString();
    const { rows, ...outcomes } = NO_ROWS;
    const manifest: ImportManifest = {
      status: 'failed',
      problem: error.message,
      file: file.key,
      etag: file.etag,
      bytes: file.bytes,
      source: sourceId,
      mapping: '',
      mappingVersion: '',
      droppedAt: file.lastModifiedAt,
      startedAt: at,
      finishedAt: at,
      rows,
      outcomes,
      events: { accepted: 0, duplicate: 0, quarantined: 0 },
      rejects: [],
      isLedgerWhole: true,
    };
    await putObject(ports.store, manifestKey(file.key), manifestText(manifest));
    throw error;
  }
}

type FoundFile = NonNullable<Awaited<ReturnType<typeof describeObject>>>;

const NO_ROWS: RowCounts = { rows: 0, accepted: 0, duplicate: 0, quarantined: {}, skipped: {} };

async function sourceNamed(sourceId: string, { sources }: PlanPorts): Promise<ImportRun['source']> {
  const source = await sources.get(sourceId);
  if (source?.isEnabled === false) {
    throw new ImportRefused(
      `The source "${sourceId}" is switched off. Switch it on and drop the file again.`,
    );
  }
  return {
    sourceId,
    priority: source?.priority ?? DEFAULT_SOURCE_PRIORITY,
    ...(source?.eventFamilies === undefined ? {} : { eventFamilies: source.eventFamilies }),
    ...(source?.espKeys === undefined ? {} : { espKeys: source.espKeys }),
    schemaMode: source?.schemaMode ?? 'lenient',
  };
}

async function mappingOf(sourceId: string, { fileDrops, mappings }: PlanPorts): Promise<Mapping> {
  const fileDrop = await fileDrops.get(sourceId);
  if (fileDrop === undefined) {
    throw new ImportRefused(
      `No files of a source "${sourceId}" are expected. Write its document: kindred config put fileDrop ${sourceId} <file>.`,
    );
  }
  const mapping = await mappings.get(fileDrop.mappingId);
  if (mapping === undefined) {
    throw new ImportRefused(
      `There is no mapping "${fileDrop.mappingId}". Write it: kindred config put mapping <file>.`,
    );
  }
  try {
    createRowInterpreter(mapping);
  } catch (error) {
    if (error instanceof MappingError) throw new ImportRefused(`${error.message} ${error.remedy}`);
    throw error;
  }
  return mapping;
}

function nothing(why: NothingToImport['why'], key: string): NothingToImport {
  return { kind: 'nothing', why, key };
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}
