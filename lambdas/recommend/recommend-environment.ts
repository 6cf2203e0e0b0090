import * as z from 'zod';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { candidatesPrefix, type ModelStore } from '../../adapters/s3/model-store.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';

/** The variables that the template sets; read once, and a missing one stops the function at its start. */
const environment = z
  .object({
    LAKE_BUCKET: z.string().min(1),
    MODELS_BUCKET: z.string().min(1),
    CATALOGUE_TABLE: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
  })
  .parse(process.env);

const s3 = createPatientS3();
export const dynamoDb = createDynamoDbClient(PATIENCE);

export const lake = { client: s3, bucket: environment.LAKE_BUCKET };
export const models: ModelStore = { client: s3, bucket: environment.MODELS_BUCKET };
export const catalogueTable = { client: dynamoDb, table: environment.CATALOGUE_TABLE };
export const pointerTable = { client: dynamoDb, table: environment.CONFIG_TABLE };

export function candidatesOf(snapshotId: string): ModelStore {
  return { ...lake, prefix: candidatesPrefix(snapshotId) };
}
