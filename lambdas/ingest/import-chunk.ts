import { randomUUID } from 'node:crypto';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createInspectorLog, INSPECTOR_PATIENCE } from '../../adapters/dynamodb/inspector-log.ts';
import { createRegisteredSchemas } from '../../adapters/dynamodb/registered-schemas.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { createDropClient, putObject } from '../../adapters/s3/drop-store.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import { createQuarantineStore } from '../../adapters/s3/quarantine-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { chunkName, resultName, workKey } from '../../core/mapping/file-drop.ts';
import { chunkTask } from './import-run.ts';
import type { IntakePorts } from './intake.ts';
import { takeChunk } from './take-chunk.ts';

/** Kept back to write the result. */
const CLOSING_MS = 15_000;
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 };

const environment = z
  .object({
    DROP_BUCKET: z.string().min(1),
    EVENTS_STREAM_NAME: z.string().min(1),
    QUARANTINE_BUCKET: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    INSPECTOR_TABLE: z.string().min(1),
    IDENTITY_SECRET_ID: z.string().min(1),
  })
  .parse(process.env);

const metrics = new Metrics();
const store = { client: createDropClient(), bucket: environment.DROP_BUCKET };
const ports: IntakePorts = {
  stream: createEventStream(environment.EVENTS_STREAM_NAME),
  quarantine: createQuarantineStore(environment.QUARANTINE_BUCKET),
  identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
  count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
  inspector: createInspectorLog({
    client: createDynamoDbClient(INSPECTOR_PATIENCE),
    table: environment.INSPECTOR_TABLE,
    processId: randomUUID().slice(0, 8),
    nowMs: Date.now,
    onFailure: () => metrics.addMetric('InspectorFailures', MetricUnit.Count, 1),
  }),
};
const schemas = createRegisteredSchemas(
  createDynamoDbClient(PATIENCE),
  environment.CONFIG_TABLE,
  (count) => metrics.addMetric('SchemasUnusable', MetricUnit.Count, count),
);

/** Takes one chunk of an import in and writes down what became of its rows. */
export async function handler(input: unknown, context: Context): Promise<void> {
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - CLOSING_MS;
  const { run, chunk } = chunkTask.parse(input);
  const key = workKey(run.runId, chunkName(chunk));
  const bytes = await readObject({ ...store, prefix: '' }, key);
  if (bytes === undefined) throw new Error(`${key} is gone; drop the file again`);
  const text = Buffer.from(bytes).toString('utf8');
  try {
    const check = await schemas.checkFor(run.source.schemaMode);
    const result = await takeChunk(text, run.source, check, ports, deadlineMs);
    await putObject(store, workKey(run.runId, resultName(chunk)), JSON.stringify(result));
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}
