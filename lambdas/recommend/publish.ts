import { Logger } from '@aws-lambda-powertools/logger';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { flipPointer, readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { verifyModel } from '../../adapters/s3/model-list.ts';
import { loadModel, readModelFile, writeModel } from '../../adapters/s3/model-store.ts';
import { fitOnAll } from '../../core/training/candidate.ts';
import { fitServedModel, type PreparedFit } from '../../core/training/fit.ts';
import { IMPORT_FILE, modelOfLists } from '../../core/training/imported-model.ts';
import type { Model } from '../../core/training/model.ts';
import { MODEL_CARD_FILE } from '../../core/training/model-card.ts';
import { decodeManifest, encodeModel, MANIFEST_FILE } from '../../core/training/model-file.ts';
import { REPORT_FILE } from '../../core/training/report.ts';
import { REPORT_PAGE_FILE } from '../../core/training/report-page/evaluation-page.ts';
import { threads } from './kernel-threads.ts';
import { candidatesOf, models, pointerTable } from './recommend-environment.ts';
import { ArtefactDamaged, PointerMoved } from './training-errors.ts';
import { type JudgedRun, judgedRun, type PublishedRun } from './training-run.ts';
import { openSnapshot } from './training-snapshot.ts';

const logger = new Logger();

/**
 * Fits the promoted parameters to everything, writes `models/<id>/` and makes it current. A retry
 * after any step of it does no more than what is still to do. What was stored is read again, whole, before
 * the pointer names it.
 * @throws PointerMoved when another model became current since the candidate was judged
 */
export async function handler(input: unknown): Promise<PublishedRun> {
  const run = judgedRun.parse(input);
  if (!run.promoted) throw new Error(`candidate ${run.candidateId} was rejected by the gate`);
  const pointer = await readPointer(readableTable(pointerTable), { consistent: true });
  if (pointer?.current === run.candidateId) return published(run, pointer.publishedAt);
  if ((pointer?.version ?? 0) !== run.pointerVersion) throw pointerMoved(run);
  await writeFinalModel(run);
  const checked = await verifyModel(models, run.candidateId);
  if (!checked.ok) throw new ArtefactDamaged(`as it was stored, ${checked.reason}`);
  const flip = await flipPointer(pointerTable, pointer, run.candidateId, new Date().toISOString());
  if (!flip.ok) throw pointerMoved(run);
  logger.info('model published', { modelId: run.candidateId, previous: flip.pointer.previous });
  return published(run, flip.pointer.publishedAt);
}

async function writeFinalModel(run: JudgedRun): Promise<void> {
  const store = candidatesOf(run.snapshotId);
  const manifest = decodeManifest(await readModelFile(store, run.candidateId, MANIFEST_FILE));
  if (!manifest.ok) {
    throw new ArtefactDamaged(`candidate ${run.candidateId}: ${manifest.reason}`);
  }
  const reports = new Map<string, Uint8Array>();
  for (const name of [REPORT_FILE, REPORT_PAGE_FILE, MODEL_CARD_FILE]) {
    const report = await readModelFile(store, run.candidateId, name);
    if (report === undefined) {
      throw new ArtefactDamaged(`candidate ${run.candidateId} has no ${name}`);
    }
    reports.set(name, report);
  }
  const { data, split } = await openSnapshot(run);
  const prepared = fitOnAll(data, split);
  const record = await readModelFile(store, run.candidateId, IMPORT_FILE);
  if (record !== undefined) {
    const model = await importedOnAll(run, prepared);
    return writeModel(
      models,
      model.id,
      encodeModel(model, reports.set(IMPORT_FILE, record), 'small'),
    );
  }
  const model = await fitServedModel(threads, run.candidateId, prepared, manifest.value.parameters);
  await writeModel(models, model.id, encodeModel(model, reports, 'small'));
}

/** An imported model keeps its lists; popularity and trend are of the whole snapshot. */
async function importedOnAll(run: JudgedRun, prepared: PreparedFit): Promise<Model> {
  const candidate = await loadModel(candidatesOf(run.snapshotId), run.candidateId);
  if (!candidate.ok) throw new ArtefactDamaged(candidate.reason);
  const { neighbours, parameters } = candidate.model;
  return modelOfLists(run.candidateId, prepared, neighbours, parameters);
}

function published(run: JudgedRun, publishedAt: string): PublishedRun {
  return { ...run, modelId: run.candidateId, publishedAt };
}

function pointerMoved(run: JudgedRun): PointerMoved {
  return new PointerMoved(
    `candidate ${run.candidateId} was judged against another model than is current now; ` +
      'nothing was published, train again',
  );
}
