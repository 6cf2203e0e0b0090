import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { candidatesPrefix, type ModelStore } from '../../adapters/s3/model-store.ts';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
const environment = z
  .object({
    LAKE_BUCKET: z.string().min(1),
    MODELS_BUCKET: z.string().min(1),
    CATALOGUE_TABLE: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
  })
  .parse(process.env);

/** Training is in no hurry, but every request ends: a hung one would cost the whole step. */
const ATTEMPTS_MAX = 5;
const CONNECT_MS_MAX = 3_000;
const ATTEMPT_MS_MAX = 60_000;

const s3 = new S3Client({
  maxAttempts: ATTEMPTS_MAX,
  requestHandler: {
    connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: ATTEMPT_MS_MAX,
    throwOnRequestTimeout: true,
  },
});
const dynamoDb = createDynamoDbClient({
  attemptsMax: ATTEMPTS_MAX,
  connectMsMax: CONNECT_MS_MAX,
  attemptMsMax: ATTEMPT_MS_MAX,
});

export const lake = { client: s3, bucket: environment.LAKE_BUCKET };
export const models: ModelStore = { client: s3, bucket: environment.MODELS_BUCKET };
export const catalogueTable = { client: dynamoDb, table: environment.CATALOGUE_TABLE };
export const pointerTable = { client: dynamoDb, table: environment.CONFIG_TABLE };

export function candidatesOf(snapshotId: string): ModelStore {
  return { ...lake, prefix: candidatesPrefix(snapshotId) };
}
