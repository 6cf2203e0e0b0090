import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createCatalogueStore } from '../../adapters/dynamodb/catalogue-store.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { putObject } from '../../adapters/s3/drop-store.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { chunkName, resultName, workKey } from '../../core/mapping/file-drop.ts';
import { type ChunkResult, chunkTask, type ImportRun } from './import-run.ts';
import { createIntake, intakeVariables } from './intake-services.ts';
import { takeChunk } from './take-chunk.ts';
import { takeItems } from './take-items.ts';

/** Kept back to write the result. */
const CLOSING_MS = 15_000;
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 };

const environment = intakeVariables
  .extend({ DROP_BUCKET: z.string().min(1), CATALOGUE_TABLE: z.string().min(1) })
  .parse(process.env);

const metrics = new Metrics();
const store = { client: createPatientS3(), bucket: environment.DROP_BUCKET };
const dynamoDb = createDynamoDbClient(PATIENCE);
const { ports, schemas } = createIntake(environment, metrics, dynamoDb);
const catalogue = createCatalogueStore(dynamoDb, environment.CATALOGUE_TABLE);

/** Takes one chunk of an import in and writes down what became of its rows. */
export async function handler(input: unknown, context: Context): Promise<void> {
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - CLOSING_MS;
  const { run, chunk } = chunkTask.parse(input);
  const key = workKey(run.runId, chunkName(chunk));
  const bytes = await readObject({ ...store, prefix: '' }, key);
  if (bytes === undefined) throw new Error(`${key} is gone; drop the file again`);
  const text = Buffer.from(bytes).toString('utf8');
  try {
    const result = await taken(run, text, deadlineMs);
    await putObject(store, workKey(run.runId, resultName(chunk)), JSON.stringify(result));
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

/** Items go into the catalogue, all else on the stream. */
async function taken(run: ImportRun, text: string, deadlineMs: number): Promise<ChunkResult> {
  if (run.feed !== undefined) return takeItems(text, catalogue, deadlineMs);
  const check = await schemas.checkFor(run.source.schemaMode);
  return takeChunk(text, run.source, check, ports, deadlineMs);
}
