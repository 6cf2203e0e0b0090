import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { type ModelPointer, readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { loadModel, readModelFile, writeModel } from '../../adapters/s3/model-store.ts';
import { type EvaluationInput, evaluateCandidate } from '../../core/training/candidate.ts';
import { decide } from '../../core/training/gate.ts';
import { IMPORT_FILE } from '../../core/training/imported-model.ts';
import type { Model } from '../../core/training/model.ts';
import { MODEL_CARD_FILE, modelCard } from '../../core/training/model-card.ts';
import { decodeManifest, MANIFEST_FILE } from '../../core/training/model-file.ts';
import { encodeReport, REPORT_FILE } from '../../core/training/report.ts';
import {
  evaluationPage,
  REPORT_PAGE_FILE,
} from '../../core/training/report-page/evaluation-page.ts';
import type { Tuning } from '../../core/training/tune.ts';
import { threads } from './kernel-threads.ts';
import { candidatesOf, models, pointerTable } from './recommend-environment.ts';
import { ArtefactDamaged } from './training-errors.ts';
import { type CandidateRun, candidateRun, type JudgedRun } from './training-run.ts';
import { openSnapshot } from './training-snapshot.ts';
import { decodeTuning, TUNING_FILE } from './tuning-file.ts';

const logger = new Logger();
const metrics = new Metrics();

/** Judges the candidate on the held-out period and decides whether it may be published. */
export async function handler(input: unknown): Promise<JudgedRun> {
  const run = candidateRun.parse(input);
  const { candidate, tuning } = await openCandidate(run);
  const { data, split } = await openSnapshot(run);
  const pointer = await readPointer(readableTable(pointerTable), { consistent: true });
  const current = await currentParameters(pointer);
  const report = await evaluateCandidate({
    threads,
    snapshotId: run.snapshotId,
    data,
    split,
    candidate,
    tuning,
    ...(current && { current }),
  });
  const verdict = decide(report);
  const reportFiles = new Map([
    [REPORT_FILE, encodeReport(report)],
    [REPORT_PAGE_FILE, Buffer.from(evaluationPage(report, verdict))],
    [MODEL_CARD_FILE, Buffer.from(modelCard(report, verdict, data))],
  ]);
  await writeModel(candidatesOf(run.snapshotId), run.candidateId, reportFiles);
  metrics.addMetric('CandidatePromoted', MetricUnit.Count, verdict.promoted ? 1 : 0);
  metrics.addMetric('CandidateRejected', MetricUnit.Count, verdict.promoted ? 0 : 1);
  metrics.publishStoredMetrics();
  logger.info('candidate judged', { candidateId: run.candidateId, ...verdict });
  const { popularity, versusPopularity } = report;
  return {
    ...run,
    promoted: verdict.promoted,
    reasons: [...verdict.reasons],
    pointerVersion: pointer?.version ?? 0,
    candidate: report.candidate,
    popularity,
    versusPopularity,
  };
}

async function openCandidate(run: CandidateRun): Promise<{ candidate: Model; tuning: Tuning }> {
  const store = candidatesOf(run.snapshotId);
  const loaded = await loadModel(store, run.candidateId);
  if (!loaded.ok) throw new ArtefactDamaged(loaded.reason);
  const tuning = await readModelFile(store, run.candidateId, TUNING_FILE);
  if (tuning === undefined) {
    throw new ArtefactDamaged(`candidate ${run.candidateId} has no ${TUNING_FILE}`);
  }
  return { candidate: loaded.model, tuning: decodeTuning(tuning) };
}

/**
 * The current model's parameters: it was published with a fit on everything up to then, so only a
 * refit without the held-out period may be compared. A current model that cannot be read must not
 * stand in the way of its successor.
 */
async function currentParameters(
  pointer: ModelPointer | undefined,
): Promise<EvaluationInput['current']> {
  if (pointer === undefined) return undefined;
  const manifest = decodeManifest(await readModelFile(models, pointer.current, MANIFEST_FILE));
  if (manifest.ok) {
    const { parameters, files } = manifest.value;
    if (!files.some(({ name }) => name === IMPORT_FILE)) return { id: pointer.current, parameters };
    const loaded = await loadModel(models, pointer.current);
    if (loaded.ok) return { id: pointer.current, parameters, imported: loaded.model };
    logger.error('the current model cannot be compared', { reason: loaded.reason });
    return undefined;
  }
  logger.error('the current model cannot be compared', {
    modelId: pointer.current,
    reason: manifest.reason,
  });
  return undefined;
}
