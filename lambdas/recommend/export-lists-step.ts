import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { readPlacement } from '../../adapters/dynamodb/placement-documents.ts';
import { approximateItemCount, readProfilePage } from '../../adapters/dynamodb/profile-segment.ts';
import {
  putExportPart,
  readExportProgress,
  readExportRun,
  writeExportProgress,
  writeExportRun,
} from '../../adapters/s3/export-store.ts';
import { loadModel } from '../../adapters/s3/model-store.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { bundledPlacements, servingProblem } from '../../core/blocks/bundled-placements.ts';
import {
  type ExportRun,
  type ExportUnit,
  exportFolder,
  exportId,
  exportRequest,
  noExportCounts,
  noExportProgress,
} from '../../core/blocks/recommendation-export.ts';
import type { Placement } from '../../core/ranking/placement.ts';
import type { Model } from '../../core/training/model.ts';
import { exportUnitLists } from './export-lists.ts';
import { ExportedCatalogue } from './exported-catalogue.ts';
import { finishExport } from './finish-export.ts';

const environment = z
  .object({
    LAKE_BUCKET: z.string().min(1),
    MODELS_BUCKET: z.string().min(1),
    CATALOGUE_TABLE: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    PROFILES_TABLE: z.string().min(1),
    IDENTITIES_TABLE: z.string().min(1),
  })
  .parse(process.env);

const step = z.discriminatedUnion('step', [
  z.object({ step: z.literal('plan'), exportId, request: z.unknown() }),
  z.object({ step: z.literal('unit'), exportId, unit: z.int().nonnegative() }),
  z.object({ step: z.literal('finish'), exportId }),
  z.object({ step: z.literal('fail'), exportId, error: z.object({ Error: z.string() }) }),
]);

/** What a step hands on: ids and figures. */
interface StepAnswer {
  readonly exportId: string;
  readonly unitCount?: number;
  readonly unit?: number;
  readonly isDone?: boolean;
}

/** A step may take so long; an erasure waits longer than that before it looks again. */
const STEP_MS_MAX = 8 * 60_000;
/** Kept back for the part that is under way when the time is over. */
const LAST_PART_MS = 60_000;
const PART_ROWS_MAX = 60_000;
/** Items of the profiles' table in a piece of work: a few minutes. */
const TABLE_ITEMS_PER_UNIT = 25_000;
const SEGMENTS_MAX = 1_000;
const MODEL_ITEMS_PER_UNIT = 10_000;

/** There is no model yet, or it cannot be read. */
class NoModel extends Error {
  override readonly name = 'NoModel';
}

/** Nothing answers under this name, or only a document that this release can't read or serve. */
class UnknownPlacement extends Error {
  override readonly name = 'UnknownPlacement';
}

const logger = new Logger();
const s3 = createPatientS3();
const dynamoDb = createDynamoDbClient(PATIENCE);
const store = { client: s3, bucket: environment.LAKE_BUCKET };
const catalogueTable = { client: dynamoDb, table: environment.CATALOGUE_TABLE };
const configTable = { client: dynamoDb, table: environment.CONFIG_TABLE };
const tables = {
  client: dynamoDb,
  profilesTable: environment.PROFILES_TABLE,
  identitiesTable: environment.IDENTITIES_TABLE,
};
/** The model of the last step, which the next one mostly needs too. */
let loaded: Model | undefined;

/** A step of an export of recommendation lists: plans it, goes on with a piece of it, or ends it. */
export async function handler(input: unknown, context: Context): Promise<StepAnswer> {
  const asked = step.parse(input);
  if (asked.step === 'plan') return plan(asked.exportId, asked.request);
  const run = await readExportRun(store, asked.exportId);
  if (asked.step === 'fail') {
    if (run !== undefined) {
      await writeExportRun(store, { ...run, status: 'failed', problem: asked.error.Error });
    }
    return { exportId: asked.exportId };
  }
  if (run === undefined) throw new Error(`there is no export ${asked.exportId}`);
  if (asked.step === 'unit') return unit(run, asked.unit, context);
  const done = await finishExport(store, run, new Date().toISOString());
  logger.info('recommendations exported', { exportId: run.exportId, ...done.counts });
  return { exportId: run.exportId, isDone: true };
}

async function plan(id: string, asked: unknown): Promise<StepAnswer> {
  const before = await readExportRun(store, id);
  // This step was done before, and its answer was lost.
  if (before !== undefined) return { exportId: id, unitCount: before.units.length };
  const request = exportRequest.parse(asked ?? {});
  const placement = await placementOf(request.placement);
  const pointer = await readPointer(readableTable(configTable), { consistent: true });
  if (pointer === undefined) throw new NoModel('no model is published yet: train one first');
  const model = await modelOf(pointer.current);
  const units: ExportUnit[] = [];
  if (request.lists.includes('customers')) {
    const itemCount = await approximateItemCount(dynamoDb, environment.PROFILES_TABLE);
    const wanted = Math.ceil(itemCount / TABLE_ITEMS_PER_UNIT);
    const segmentCount = Math.min(SEGMENTS_MAX, Math.max(1, wanted));
    for (let segment = 0; segment < segmentCount; segment += 1) {
      units.push({ list: 'customers', segment, segmentCount });
    }
  }
  if (request.lists.includes('items')) {
    for (let from = 0; from < model.items.length; from += MODEL_ITEMS_PER_UNIT) {
      const until = Math.min(model.items.length, from + MODEL_ITEMS_PER_UNIT);
      units.push({ list: 'items', from, until });
    }
  }
  await writeExportRun(store, {
    exportId: id,
    status: 'running',
    request,
    placement,
    modelId: model.id,
    folder: exportFolder(model.id, id),
    startedAt: new Date().toISOString(),
    units,
    counts: noExportCounts,
    fileCount: 0,
  });
  return { exportId: id, unitCount: units.length };
}

async function unit(run: ExportRun, number: number, context: Context): Promise<StepAnswer> {
  const start = (await readExportProgress(store, run.exportId, number)) ?? noExportProgress;
  const now = Date.now();
  const lambdaEndsMs = now + context.getRemainingTimeInMillis() - LAST_PART_MS;
  const after = await exportUnitLists(
    run,
    number,
    start,
    {
      model: await modelOf(run.modelId),
      catalogue: new ExportedCatalogue(catalogueTable),
      readProfiles: (segment, from) => readProfilePage(tables, segment, from),
      writePart: (place, { columns }) =>
        putExportPart(store, run.folder, place, run.request.formats, columns),
      keep: (progress) => writeExportProgress(store, run.exportId, number, progress),
      nowMs: Date.now,
    },
    { partRowsMax: PART_ROWS_MAX, deadlineMs: Math.min(now + STEP_MS_MAX, lambdaEndsMs) },
  );
  return { exportId: run.exportId, unit: number, isDone: after.isDone };
}

/** The document in force: the operators', else the bundled one. */
async function placementOf(id: string): Promise<Placement> {
  const stored = await readPlacement(readableTable(configTable), id).catch((error: unknown) => {
    if (!(error instanceof z.ZodError)) throw error;
    throw new UnknownPlacement(`the stored document of ${id} has not the form of a placement`);
  });
  const placement = stored ?? bundledPlacements.find(id);
  if (placement === undefined) {
    throw new UnknownPlacement(`there is no placement ${id}; name one that the API answers`);
  }
  const problem = servingProblem(placement);
  if (problem !== undefined) throw new UnknownPlacement(`${id} cannot be exported: ${problem}`);
  return placement;
}

async function modelOf(id: string): Promise<Model> {
  if (loaded?.id === id) return loaded;
  const read = await loadModel({ client: s3, bucket: environment.MODELS_BUCKET }, id);
  if (!read.ok) throw new NoModel(read.reason);
  loaded = read.model;
  return loaded;
}
