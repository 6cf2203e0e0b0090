import {
  deleteExported,
  describedFile,
  type ExportStore,
  exportedObjects,
  putManifest,
  readExportProgress,
  writeExportRun,
} from '../../adapters/s3/export-store.ts';
import { readExportedPart } from '../../adapters/s3/exported-part.ts';
import {
  addExportCounts,
  EXPORT_FORMAT_VERSION,
  type ExportedFile,
  type ExportProgress,
  type ExportRun,
  noExportCounts,
} from '../../core/blocks/recommendation-export.ts';

/** Writes the manifest, last of all, of what lies there now: an erasure may have taken rows out meanwhile. */
export async function finishExport(
  store: ExportStore,
  run: ExportRun,
  finishedAt: string,
): Promise<ExportRun> {
  if (run.status === 'done') return run;
  const written: ExportProgress['files'] = [];
  let counts = noExportCounts;
  for (const unit of run.units.keys()) {
    const progress = await readExportProgress(store, run.exportId, unit);
    if (progress?.isDone !== true) throw new Error(`piece ${unit} of the export is not done`);
    written.push(...progress.files);
    counts = addExportCounts(counts, progress.counts);
  }
  const objects = await exportedObjects(store, run.folder);
  const names = new Set(written.map(({ name }) => name));
  // Of a step that was repeated and had less to write.
  await deleteExported(
    store,
    run.folder,
    [...objects.keys()].filter((name) => !names.has(name)),
  );
  const files: ExportedFile[] = [];
  for (const { etag, ...file } of written) {
    const now = objects.get(file.name);
    if (now === undefined) continue;
    files.push(now === etag ? file : await describedNow(store, run.folder, file));
  }
  const { exportId, modelId, startedAt, request } = run;
  await putManifest(store, run.folder, {
    format: 'kindred-recommendations',
    formatVersion: EXPORT_FORMAT_VERSION,
    exportId,
    modelId,
    placement: request.placement,
    startedAt,
    finishedAt,
    counts,
    files,
  });
  const done = { ...run, status: 'done' as const, finishedAt, counts, fileCount: files.length };
  await writeExportRun(store, done);
  return done;
}

async function describedNow(
  store: ExportStore,
  folder: string,
  file: ExportedFile,
): Promise<ExportedFile> {
  const part = await readExportedPart(store, `${folder}${file.name}`);
  if (part === undefined) throw new Error(`${file.name} vanished while the export was finished`);
  return describedFile(file, part.rows.length, part.bytes);
}
