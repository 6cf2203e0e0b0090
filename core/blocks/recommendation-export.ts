/** An export of recommendation lists to files: what is asked for, how far it is, and what it has written. */
import * as z from 'zod';
import { LIMIT_MAX, placementDocument } from '../ranking/placement.ts';
import { placementId } from '../ranking/strategy.ts';
import { exportLists } from './exported-rows.ts';

export const exportFormats = ['jsonl', 'csv', 'parquet'] as const;
export const exportFormat = z.enum(exportFormats);
export type ExportFormat = z.infer<typeof exportFormat>;

export const exportList = z.enum(exportLists);

export const exportRequest = z.strictObject({
  /** Whose ladder and rules choose. */
  placement: placementId.default('for-you'),
  /** Items of a list; absent means the placement's own number. */
  limit: z.int().min(1).max(LIMIT_MAX).optional(),
  lists: z
    .array(exportList)
    .min(1)
    .default([...exportLists]),
  formats: z
    .array(exportFormat)
    .min(1)
    .default([...exportFormats]),
});
export type ExportRequest = z.infer<typeof exportRequest>;

const count = z.int().nonnegative();

/** One file, by its key below the export's folder. */
export const exportedFile = z.strictObject({
  name: z.string().min(1),
  list: exportList,
  format: exportFormat,
  rows: count,
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ExportedFile = z.infer<typeof exportedFile>;

export const exportCounts = z.strictObject({
  /** Customers with a list. */
  customers: count,
  /** Of those: who agreed to no personalisation, and have what everybody is shown. */
  notPersonalized: count,
  /** Left out: no email may be sent to them. */
  suppressed: count,
  /** Left out: their profile is in no form that this release reads. */
  unreadable: count,
  /** Items with a list. */
  items: count,
});
export type ExportCounts = z.infer<typeof exportCounts>;

export const noExportCounts: ExportCounts = {
  customers: 0,
  notPersonalized: 0,
  suppressed: 0,
  unreadable: 0,
  items: 0,
};

export function addExportCounts(one: ExportCounts, other: ExportCounts): ExportCounts {
  return {
    customers: one.customers + other.customers,
    notPersonalized: one.notPersonalized + other.notPersonalized,
    suppressed: one.suppressed + other.suppressed,
    unreadable: one.unreadable + other.unreadable,
    items: one.items + other.items,
  };
}

/** A piece of work: a segment of the profiles' table, or a range of the model's items. */
export const exportUnit = z.discriminatedUnion('list', [
  z.strictObject({ list: z.literal('customers'), segment: count, segmentCount: count }),
  z.strictObject({ list: z.literal('items'), from: count, until: count }),
]);
export type ExportUnit = z.infer<typeof exportUnit>;

/** Names of Step Functions' executions, of which some begin and end with a UUID. */
export const exportId = z.string().regex(/^[\w-]{1,80}$/);

export const exportRun = z.strictObject({
  exportId,
  status: z.enum(['running', 'done', 'failed']),
  request: exportRequest,
  /** The document in force when the export was planned, so that an edit meanwhile splits no export in two. */
  placement: placementDocument,
  modelId: z.string().min(1),
  /** Where its files lie in the lake's bucket; ends in `/`. */
  folder: z.string().min(1),
  /** Also the `generated_at` of every row. */
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  units: z.array(exportUnit),
  counts: exportCounts,
  fileCount: count,
  /** Why it failed: the name of an error. */
  problem: z.string().optional(),
});
export type ExportRun = z.infer<typeof exportRun>;

/** How far a piece of work has come. */
export const exportProgress = z.strictObject({
  isDone: z.boolean(),
  /** Everything up to here is written: a profile's id, or an item's number. */
  after: z.string().optional(),
  partCount: count,
  counts: exportCounts,
  files: z.array(exportedFile.extend({ etag: z.string() })),
});
export type ExportProgress = z.infer<typeof exportProgress>;

export const noExportProgress: ExportProgress = {
  isDone: false,
  partCount: 0,
  counts: noExportCounts,
  files: [],
};

export const EXPORT_FORMAT_VERSION = 1;
export const EXPORT_MANIFEST_FILE = 'manifest.json';

/** Written last: an export whose manifest exists is whole. */
export const exportManifest = z.strictObject({
  format: z.literal('kindred-recommendations'),
  formatVersion: z.literal(EXPORT_FORMAT_VERSION),
  exportId,
  modelId: z.string().min(1),
  placement: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  counts: exportCounts,
  files: z.array(exportedFile),
});
export type ExportManifest = z.infer<typeof exportManifest>;

export const EXPORTS_PREFIX = 'exports/';

/** A model's id has colons, which a URL of a warehouse's loader must not. */
export function exportFolder(modelId: string, id: string): string {
  return `${EXPORTS_PREFIX}${modelId.replaceAll(':', '-')}/${id}/`;
}

/** `customers/jsonl/part-00003-00000.jsonl.gz`: the piece of work, and its part. */
export function exportedFileName(
  list: z.infer<typeof exportList>,
  format: ExportFormat,
  unit: number,
  part: number,
): string {
  const number = (value: number) => String(value).padStart(5, '0');
  const ending = format === 'parquet' ? 'parquet' : `${format}.gz`;
  return `${list}/${format}/part-${number(unit)}-${number(part)}.${ending}`;
}
