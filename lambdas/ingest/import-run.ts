import * as z from 'zod';
import { feedItem } from '../../core/catalogue/feed-item.ts';
import { espName, eventFamily, sourceId } from '../../core/events/source.ts';
import { rowCounts } from '../../core/mapping/row-tally.ts';

/** What a file of items came to, besides its rows. */
const feedReport = z.object({
  /** Items that the file names. */
  items: z.int().nonnegative(),
  /** Items that a full feed no longer has. */
  removed: z.int().nonnegative(),
  /** Why it took none away, although some are missing. */
  heldBack: z.object({ reason: z.string(), missing: z.int(), known: z.int() }).exactOptional(),
});
export type FeedReport = z.infer<typeof feedReport>;

/** What the steps of an import hand on: names and figures, never rows. */
export const importRun = z.object({
  kind: z.literal('import'),
  /** Name of the execution, below which its work lies. */
  runId: z.string().min(1),
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  bytes: z.int().nonnegative(),
  /** When the file was put there. */
  droppedAt: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  source: z.object({
    sourceId,
    priority: z.number(),
    eventFamilies: z.array(eventFamily).exactOptional(),
    espKeys: z.array(espName).exactOptional(),
    schemaMode: z.enum(['lenient', 'strict']),
  }),
  mappingId: z.string(),
  /** SHA-256 of the mapping document. */
  mappingVersion: z.string(),
  /** Whether the file has been read to its end. */
  isSplit: z.boolean(),
  /** What the splitting itself decided: rows read, skipped, duplicate, and not convertible. */
  counts: rowCounts,
  /** Events of groups that an earlier import took. */
  duplicateEvents: z.int().nonnegative(),
  chunkCount: z.int().nonnegative(),
  /** Rows in the chunks. */
  chunkRows: z.int().nonnegative(),
  rejectsCount: z.int().nonnegative(),
  /** Whether all earlier files fitted into memory. */
  isLedgerWhole: z.boolean(),
  /** Of a file of items, which go into the catalogue. */
  feed: feedReport.exactOptional(),
});
export type ImportRun = z.infer<typeof importRun>;

/** Nothing to do, which is fine. */
export const nothingToImport = z.object({
  kind: z.literal('nothing'),
  why: z.enum(['no file', 'replaced', 'done before']),
  key: z.string(),
});
export type NothingToImport = z.infer<typeof nothingToImport>;

/** A chunk's part of the import. */
export const chunkTask = z.object({ run: importRun, chunk: z.int().positive() });

/** What became of a chunk, written beside it. */
export const chunkResult = z.object({
  counts: rowCounts,
  acceptedEvents: z.int().nonnegative(),
  quarantinedEvents: z.int().nonnegative(),
  /** Marks of the events that were accepted, base64. */
  marks: z.base64(),
});
export type ChunkResult = z.infer<typeof chunkResult>;

/** One line of a chunk: a call and how many rows it stands for. */
export const chunkLine = z.object({ rows: z.int().positive(), call: z.unknown() });

/** One line of a chunk of items; an item that is taken away stands for no row. */
export const itemLine = z.object({ rows: z.int().nonnegative(), item: feedItem });

/** What is told of a file beside it. */
export const importManifest = z.object({
  status: z.enum(['done', 'failed']),
  file: z.string(),
  etag: z.string(),
  bytes: z.number(),
  source: z.string(),
  mapping: z.string(),
  mappingVersion: z.string(),
  droppedAt: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  rows: z.number(),
  outcomes: rowCounts.omit({ rows: true }),
  events: z.object({ accepted: z.number(), duplicate: z.number(), quarantined: z.number() }),
  /** Objects with the rows that could not be converted. */
  rejects: z.array(z.string()),
  isLedgerWhole: z.boolean(),
  /** Of a file of items. */
  feed: feedReport.extend({ written: z.int().exactOptional() }).exactOptional(),
  /** Why it failed. */
  problem: z.string().exactOptional(),
  /** When the same file came again, and nothing was to do. */
  droppedAgainAt: z.string().exactOptional(),
});
export type ImportManifest = z.infer<typeof importManifest>;

/** The file, its mapping or its source can't be imported: trying again changes nothing. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
}
