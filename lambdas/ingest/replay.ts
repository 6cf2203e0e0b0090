import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { readReplay } from '../../adapters/s3/replay-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { replayId } from '../../core/events/replay.ts';
import {
  DEFAULT_SOURCE_PRIORITY,
  type EventSource,
  sourceDocument,
} from '../../core/events/source.ts';
import { continueReplay, type ReplayPorts } from './replay-step.ts';

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

const input = z.looseObject({ replayId });

/** One step of a replay; the state machine calls it until it is done. */
export async function handler(
  payload: unknown,
  context: Context,
): Promise<{ replayId: string; isDone: boolean }> {
  const id = input.parse(payload).replayId;
  const replay = await readReplay(quarantine, id);
  if (replay === undefined) throw new Error(`there is no replay ${id}; start it by the API`);
  const workMs = Math.min(STEP_MS_MAX, context.getRemainingTimeInMillis() - LAST_CHUNK_MS);
  const after = await continueReplay(replay, portsOfStep(), Date.now() + workMs);
  return { replayId: id, isDone: after.status === 'done' };
}

/** Sources are read anew in every step, so that a correction of one counts without a deployment. */
function portsOfStep(): ReplayPorts {
  const known = new Map<string, Promise<EventSource>>();
  const read = async (sourceId: string): Promise<EventSource> => {
    const document = await sources.get(sourceId);
    return { sourceId, priority: document?.priority ?? DEFAULT_SOURCE_PRIORITY };
  };
  return {
    quarantine,
    stream,
    lake: { client, bucket: environment.LAKE_BUCKET },
    identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
    source: (sourceId) => {
      const source = known.get(sourceId) ?? read(sourceId);
      known.set(sourceId, source);
      return source;
    },
    nowMs: Date.now,
    sleep: (ms) => sleep(ms),
  };
}
