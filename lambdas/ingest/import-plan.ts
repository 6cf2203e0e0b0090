import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { mappingDocuments } from '../../adapters/dynamodb/mapping-documents.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { fileDropDocument } from '../../core/mapping/file-drop.ts';
import type { ImportRun, NothingToImport } from './import-run.ts';
import { planImport, planRequest } from './plan-import.ts';

/** Nobody waits for a file; what fails is tried again by the workflow. */
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 };

const { DROP_BUCKET, CONFIG_TABLE } = z
  .object({ DROP_BUCKET: z.string().min(1), CONFIG_TABLE: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();
const dynamoDb = createDynamoDbClient(PATIENCE);
const ports = {
  store: { client: createPatientS3(), bucket: DROP_BUCKET },
  fileDrops: configDocuments(dynamoDb, CONFIG_TABLE, 'fileDrop', fileDropDocument),
  mappings: mappingDocuments(dynamoDb, CONFIG_TABLE),
  sources: configDocuments(dynamoDb, CONFIG_TABLE, 'source', sourceDocument),
  nowMs: Date.now,
};

/** First step of an import: what is to be done about the file that arrived. */
export async function handler(input: unknown): Promise<ImportRun | NothingToImport> {
  const planned = await planImport(planRequest.parse(input), ports);
  if (planned.kind === 'nothing') logger.info('nothing to import', { why: planned.why });
  return planned;
}
