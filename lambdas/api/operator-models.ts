import * as z from 'zod';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import {
  flipPointer,
  type ModelPointer,
  type PointerTable,
  readPointer,
} from '../../adapters/dynamodb/model-pointer.ts';
import { listModels, verifyModel } from '../../adapters/s3/model-list.ts';
import { type ModelStore, readModelFile } from '../../adapters/s3/model-store.ts';
import { decodeManifest, MANIFEST_FILE } from '../../core/training/model-file.ts';
import { modelId } from '../../core/training/model-id.ts';
import { REPORT_FILE } from '../../core/training/report.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** `GET /v1/models`: every model that is kept, the newest first, and which of them serves. */
export const listModelsRoute: OperatorRoute = {
  method: 'GET',
  resource: '/models',
  async handle(_request, services) {
    const [pointer, models] = await Promise.all([
      readPointer(readableTable(tableOf(services)), { consistent: true }),
      listModels(storeOf(services)),
    ]);
    const shown = models
      .toSorted((a, b) => b.writtenAtMs - a.writtenAtMs)
      .map(({ id, bytes, isWhole, writtenAtMs }) => ({
        modelId: id,
        role: roleOf(id, pointer),
        writtenAt: new Date(writtenAtMs).toISOString(),
        bytes,
        isWhole,
      }));
    return { status: 200, body: { pointer: pointer ?? null, models: shown } };
  },
};

/** `GET /v1/models/{modelId}`: what a model is made of, and the report by which it was judged. */
export const showModelRoute: OperatorRoute = {
  method: 'GET',
  resource: '/models/{modelId}',
  async handle({ path }, services) {
    const id = operatorInput(modelId, path.modelId);
    const store = storeOf(services);
    const [pointer, manifestBytes, report] = await Promise.all([
      readPointer(readableTable(tableOf(services)), { consistent: true }),
      readModelFile(store, id, MANIFEST_FILE),
      readModelFile(store, id, REPORT_FILE),
    ]);
    if (manifestBytes === undefined) {
      throw new Problem(404, 'There is no such model; see GET /v1/models for those there are.');
    }
    const manifest = decodeManifest(manifestBytes);
    const body = {
      modelId: id,
      role: roleOf(id, pointer),
      ...(manifest.ok ? { manifest: manifest.value } : { problem: manifest.reason }),
      report: jsonOf(report),
    };
    return { status: 200, body };
  },
};

const rollbackRequest = z
  .strictObject({
    /** Where to; the pointer's previous model where absent. */
    to: modelId.optional(),
    /** The model that is rolled back; the request is refused where another one is current by now. */
    from: modelId.optional(),
  })
  .default({});

/** `POST /v1/models/rollback`: makes the previous model, or another one that is kept, current again. */
export const rollbackModelRoute: OperatorRoute = {
  method: 'POST',
  resource: '/models/rollback',
  async handle({ body }, services) {
    const request = operatorInput(rollbackRequest, body);
    const table = tableOf(services);
    const pointer = await readPointer(readableTable(table), { consistent: true });
    if (pointer === undefined) throw new Problem(409, 'No model has been published yet.');
    if (request.from !== undefined && request.from !== pointer.current) {
      throw new Problem(409, `Another model is current by now: ${pointer.current}. Look again.`);
    }
    const target = request.to ?? pointer.previous;
    if (target === undefined) {
      throw new Problem(409, 'There is no previous model: the current one is the first.');
    }
    if (target === pointer.current) throw new Problem(409, `${target} is the current model.`);
    const checked = await verifyModel(storeOf(services), target);
    if (!checked.ok) throw new Problem(409, `Not rolled back: ${checked.reason}.`);
    const publishedAt = new Date(services.nowMs()).toISOString();
    const flip = await flipPointer(table, pointer, target, publishedAt);
    if (!flip.ok) throw new Problem(409, 'The pointer was moved at this moment. Look again.');
    return { status: 200, body: flip.pointer };
  },
};

function roleOf(id: string, pointer: ModelPointer | undefined): 'current' | 'previous' | 'kept' {
  if (id === pointer?.current) return 'current';
  return id === pointer?.previous ? 'previous' : 'kept';
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return null;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}

function tableOf({ dynamoDb, setting }: OperatorServices): PointerTable {
  return { client: dynamoDb, table: setting('CONFIG_TABLE') };
}

function storeOf({ s3, setting }: OperatorServices): ModelStore {
  return { client: s3, bucket: setting('MODELS_BUCKET') };
}
