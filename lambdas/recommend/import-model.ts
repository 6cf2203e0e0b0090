import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { modelOfParquet, vectorsOfNpy } from '../../adapters/files/read-model.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import { loadModel, writeModel } from '../../adapters/s3/model-store.ts';
import { fitBeforeTest } from '../../core/training/candidate.ts';
import {
  IMPORT_FILE,
  ImportedModelError,
  type ImportRecord,
  type ItemLists,
  type ItemVectors,
  importedParameters,
  listsOf,
  type ModelImport,
  modelOfLists,
  neighboursOfLists,
  neighboursOfVectors,
} from '../../core/training/imported-model.ts';
import { encodeModel, MANIFEST_FILE } from '../../core/training/model-file.ts';
import { threads } from './kernel-threads.ts';
import { candidatesOf, lake } from './recommend-environment.ts';
import { type CandidateRun, snapshotRun } from './training-run.ts';
import { openSnapshot } from './training-snapshot.ts';
import { encodeTuning, TUNING_FILE } from './tuning-file.ts';

const logger = new Logger();

/** Makes a candidate of a model that was trained elsewhere; it is judged and published as one of ours. */
export async function handler(input: unknown): Promise<CandidateRun> {
  const run = snapshotRun.parse(input);
  const asked = run.importedModel;
  if (asked === undefined) throw new ImportedModelError('importedModel is missing; name a file.');
  const { data, split } = await openSnapshot(run);
  if (Date.parse(asked.trainedUntil) > split.testFromS * 1000) {
    throw new ImportedModelError(
      `trainedUntil is ${asked.trainedUntil}, but the held-out period begins at ` +
        `${new Date(split.testFromS * 1000).toISOString()}: a model that has seen it cannot be ` +
        'judged on it. Train on what was before.',
    );
  }
  const prepared = fitBeforeTest(data, split);
  const foreign = await readModel(asked);
  const { neighbours, unknownCount } =
    foreign.kind === 'lists'
      ? neighboursOfLists(foreign, prepared, asked.neighboursMax)
      : await neighboursOfVectors(threads, foreign, prepared, asked.neighboursMax);
  const parameters = importedParameters(asked.neighboursMax);
  const candidateId = candidateIdOf(run.snapshotId, data.facts.createdAt, asked);
  const record: ImportRecord = { import: asked, form: foreign.kind, unknownCount };
  const files = encodeModel(
    modelOfLists(candidateId, prepared, neighbours, parameters),
    new Map([
      [TUNING_FILE, encodeTuning({ parameters, trials: [], customers: 0 })],
      [IMPORT_FILE, Buffer.from(`${JSON.stringify(record, null, 2)}\n`)],
    ]),
  );
  await writeModel(candidatesOf(run.snapshotId), candidateId, files);
  logger.info('model imported', { candidateId, form: foreign.kind, unknownCount });
  return { ...run, candidateId };
}

async function readModel({ key, itemsKey }: ModelImport): Promise<ItemVectors | ItemLists> {
  if (key.endsWith(`/${MANIFEST_FILE}`)) return modelInOurForm(key);
  const bytes = await objectOf(key);
  if (key.endsWith('.parquet')) return modelOfParquet(bytes);
  if (itemsKey === undefined) {
    throw new ImportedModelError(
      'itemsKey is missing; an .npy needs a file of item ids beside it.',
    );
  }
  return vectorsOfNpy(bytes, await objectOf(itemsKey));
}

/** As Spark writes it; the folder has the model's name. */
async function modelInOurForm(key: string): Promise<ItemLists> {
  const folders = key.split('/').slice(0, -1);
  const prefix = `${folders.slice(0, -1).join('/')}/`;
  const loaded = await loadModel({ ...lake, prefix }, folders.at(-1) ?? '');
  if (!loaded.ok) throw new ImportedModelError(`${loaded.reason}; write its files again.`);
  return listsOf(loaded.model);
}

async function objectOf(key: string): Promise<Uint8Array> {
  const bytes = await readObject({ ...lake, prefix: '' }, key);
  if (bytes === undefined) throw new ImportedModelError(`${key} does not exist; upload it first.`);
  return bytes;
}

function candidateIdOf(snapshotId: string, createdAt: string, asked: ModelImport): string {
  const digest = createHash('sha256').update(snapshotId).update(JSON.stringify(asked));
  return `${createdAt.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z-${digest.digest('hex').slice(0, 4)}`;
}
