import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { createEventExpectations } from '../../adapters/dynamodb/event-expectations.ts';
import { createRegisteredSchemas } from '../../adapters/dynamodb/registered-schemas.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { readReplay } from '../../adapters/s3/replay-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { replayId } from '../../core/events/replay.ts';
import { sourceDocument } from '../../core/events/source.ts';
import type { JudgingSource, ReplayPorts } from './replay-chunk.ts';
import { continueReplay } from './replay-step.ts';

/** Work of one step; a step that ends well is the shorter the better for who looks at the progress. */
const STEP_MS_MAX = 60_000;
/** Kept back for the chunk that is under way when the time is over. */
const LAST_CHUNK_MS = 30_000;
const ATTEMPTS_MAX = 5;
const CONNECT_MS_MAX = 3_000;
const ATTEMPT_MS_MAX = 30_000;

const environment = z
  .object({
    EVENTS_STREAM_NAME: z.string().min(1),
    QUARANTINE_BUCKET: z.string().min(1),
    LAKE_BUCKET: z.string().min(1),
    FAILURES_BUCKET: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    IDENTITY_SECRET_ID: z.string().min(1),
  })
  .parse(process.env);

const client = new S3Client({
  maxAttempts: ATTEMPTS_MAX,
  requestHandler: { requestTimeout: ATTEMPT_MS_MAX, throwOnRequestTimeout: true },
});
const dynamoDb = createDynamoDbClient({
  attemptsMax: ATTEMPTS_MAX,
  connectMsMax: CONNECT_MS_MAX,
  attemptMsMax: ATTEMPT_MS_MAX,
});
const sources = configDocuments(dynamoDb, environment.CONFIG_TABLE, 'source', sourceDocument);
const quarantine = { client, bucket: environment.QUARANTINE_BUCKET };
const stream = createEventStream(environment.EVENTS_STREAM_NAME);
const logger = new Logger();

/** The execution's input comes back as each step's answer, and so is the next one's. */
const input = z.object({ replayId, owner: z.string() });

interface StepAnswer extends z.infer<typeof input> {
  readonly isDone: boolean;
}

/**
 * One step of a replay; the state machine calls it until it is done. An execution that has been taken
 * over by another one, after a resumption, ends without doing anything.
 */
export async function handler(payload: unknown, context: Context): Promise<StepAnswer> {
  const asked = input.parse(payload);
  const stored = await readReplay(quarantine, asked.replayId);
  if (stored === undefined) {
    throw new Error(`there is no replay ${asked.replayId}; start it by the API`);
  }
  if (stored.replay.owner !== asked.owner) {
    logger.warn('another execution goes on with the replay', { replayId: asked.replayId });
    return { ...asked, isDone: true };
  }
  const workMs = Math.min(STEP_MS_MAX, context.getRemainingTimeInMillis() - LAST_CHUNK_MS);
  const after = await continueReplay(stored, portsOfStep(), Date.now() + workMs);
  return { ...asked, isDone: after.status === 'done' };
}

/** Sources and schemas are read anew in every step: a correction counts without a deployment. */
function portsOfStep(): ReplayPorts {
  const known = new Map<string, Promise<JudgingSource>>();
  const schemas = createRegisteredSchemas(dynamoDb, environment.CONFIG_TABLE, (count) =>
    logger.warn('registered schemas that cannot be used', { count }),
  );
  const read = async (sourceId: string): Promise<JudgingSource> => {
    const source = (await sources.get(sourceId)) ?? sourceDocument.parse({ sourceId });
    return { source, check: await schemas.checkFor(source.schemaMode) };
  };
  return {
    quarantine,
    stream,
    lake: { client, bucket: environment.LAKE_BUCKET },
    failures: { client, bucket: environment.FAILURES_BUCKET },
    identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
    expectations: createEventExpectations(dynamoDb, environment.CONFIG_TABLE, (count) =>
      logger.warn('expectation suites that cannot be used', { count }),
    ),
    source: (sourceId) => {
      const source = known.get(sourceId) ?? read(sourceId);
      known.set(sourceId, source);
      return source;
    },
    nowMs: Date.now,
    sleep: (ms) => sleep(ms),
  };
}
