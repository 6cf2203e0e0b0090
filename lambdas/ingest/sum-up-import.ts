import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { type DropStore, putObject } from '../../adapters/s3/drop-store.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import {
  ledgerPrefix,
  manifestKey,
  mappingConfig,
  rejectsKey,
  resultName,
  workKey,
} from '../../core/mapping/file-drop.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { MARK_BYTES, MARKS_MAX } from '../../core/mapping/message-marks.ts';
import { rejectsExtension } from '../../core/mapping/rejected-row.ts';
import { RowTally } from '../../core/mapping/row-tally.ts';
import { keepKnownItems } from './feed-files.ts';
import {
  type ChunkResult,
  chunkResult,
  type ImportManifest,
  type ImportRun,
} from './import-run.ts';
import { manifestText } from './plan-import.ts';

/** Results read at once: each is some tens of kilobytes. */
const READ_TOGETHER = 16;

/** The rows of an import don't add up: a fault of this program, never the file's. */
export class RowsLostError extends Error {
  override readonly name = 'RowsLostError';
}

/**
 * Adds up what became of every row, remembers the events for later files, and tells it beside the file.
 * @throws RowsLostError when a row has no outcome or two.
 */
export async function sumUpImport(
  run: ImportRun,
  store: DropStore,
  nowMs: number,
): Promise<ImportManifest> {
  const tally = new RowTally();
  const events = { accepted: 0, duplicate: run.duplicateEvents, quarantined: 0 };
  const marks: Buffer[] = [];
  let marksLeft = MARKS_MAX;
  let chunkRows = 0;
  tally.add(run.counts);
  for await (const result of resultsOf(run, store)) {
    const { rows, ...outcomes } = result.counts;
    tally.add(outcomes);
    chunkRows += rows;
    events.accepted += result.acceptedEvents;
    events.quarantined += result.quarantinedEvents;
    const bytes = Buffer.from(result.marks, 'base64').subarray(0, marksLeft * MARK_BYTES);
    marksLeft -= bytes.length / MARK_BYTES;
    marks.push(bytes);
  }
  if (chunkRows !== run.chunkRows) {
    throw new RowsLostError(`${run.chunkRows} rows went into chunks, ${chunkRows} came back`);
  }
  const { rows, outcomes } = outcomeOf(tally);
  // Before the manifest: it is what says that the file is done.
  if (run.feed === undefined) await putObject(store, ledgerKey(run), Buffer.concat(marks));
  else await keepKnownItems(store, run);
  const manifest: ImportManifest = {
    ...(await describe(run, store)),
    status: 'done',
    finishedAt: new Date(nowMs).toISOString(),
    rows,
    outcomes,
    ...(run.feed === undefined
      ? { events }
      : {
          events: { accepted: 0, duplicate: 0, quarantined: 0 },
          feed: { ...run.feed, written: events.accepted },
        }),
  };
  await putObject(store, manifestKey(run.key), manifestText(manifest));
  return manifest;
}

/** Tells beside the file why nothing, or not all, came of it. */
export async function tellFailure(
  run: ImportRun,
  problem: string,
  store: DropStore,
  nowMs: number,
): Promise<ImportManifest> {
  const { rows, ...outcomes } = run.counts;
  const manifest: ImportManifest = {
    ...(await describe(run, store)),
    status: 'failed',
    problem,
    finishedAt: new Date(nowMs).toISOString(),
    rows,
    outcomes,
    events: { accepted: 0, duplicate: run.duplicateEvents, quarantined: 0 },
  };
  await putObject(store, manifestKey(run.key), manifestText(manifest));
  return manifest;
}

/** One object a file and version: an import that is repeated writes it again. */
export function ledgerKey({ mappingId, key, etag, mappingVersion }: ImportRun): string {
  const version = JSON.stringify([key, etag, mappingVersion]);
  const digest = createHash('sha256').update(version).digest('hex').slice(0, DIGEST_DIGITS);
  return `${ledgerPrefix(mappingId)}${digest}.marks`;
}

const DIGEST_DIGITS = 32;

/** The mapping that the plan wrote down, for all steps alike. */
export async function plannedMapping(store: DropStore, runId: string): Promise<Mapping> {
  return readJson(store, workKey(runId, 'mapping.json'), mappingConfig);
}

/** @throws when the object is gone or is not what it should be. */
export async function readJson<Schema extends z.ZodType>(
  store: DropStore,
  key: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await readObject({ ...store, prefix: '' }, key);
  if (bytes === undefined) throw new Error(`${key} is gone; drop the file again`);
  return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

async function* resultsOf(run: ImportRun, store: DropStore): AsyncGenerator<ChunkResult> {
  for (let first = 1; first <= run.chunkCount; first += READ_TOGETHER) {
    const count = Math.min(READ_TOGETHER, run.chunkCount - first + 1);
    const reading = Array.from({ length: count }, (_, at) =>
      readJson(store, workKey(run.runId, resultName(first + at)), chunkResult),
    );
    yield* await Promise.all(reading);
  }
}

function outcomeOf(tally: RowTally) {
  try {
    tally.outcome();
  } catch (error) {
    throw new RowsLostError(error instanceof Error ? error.message : String(error));
  }
  const { rows, ...outcomes } = tally.counts;
  return { rows, outcomes };
}

async function describe(run: ImportRun, store: DropStore) {
  const extension = rejectsExtension((await plannedMapping(store, run.runId)).format);
  return {
    file: run.key,
    etag: run.etag,
    bytes: run.bytes,
    source: run.source.sourceId,
    mapping: run.mappingId,
    mappingVersion: run.mappingVersion,
    droppedAt: run.droppedAt,
    startedAt: run.startedAt,
    rejects: Array.from({ length: run.rejectsCount }, (_, at) =>
      rejectsKey(run.key, at + 1, extension),
    ),
    isLedgerWhole: run.isLedgerWhole,
    ...(run.feed !== undefined && { feed: run.feed }),
  };
}
