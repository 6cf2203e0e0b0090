import { Readable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { webhookDocument } from '../../core/webhooks/webhook-document.ts';
import { currentsPlaceOf, takeCurrentsFile } from './currents-file.ts';
import { createIntake, intakeVariables } from './intake-services.ts';
import { enabledSource, type VendorEventPorts } from './webhook-request.ts';

/** Nobody waits for a file; what fails comes again. */
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 };

const environment = intakeVariables.parse(process.env);

const objectCreated = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string() }),
  }),
});

const logger = new Logger();
const metrics = new Metrics();
const s3 = new S3Client({ maxAttempts: PATIENCE.attemptsMax });
const dynamoDb = createDynamoDbClient(PATIENCE);
const webhooks = configDocuments(dynamoDb, environment.CONFIG_TABLE, 'webhook', webhookDocument);
const sources = configDocuments(dynamoDb, environment.CONFIG_TABLE, 'source', sourceDocument);
const intake = createIntake(environment, metrics, dynamoDb);
const ports: VendorEventPorts = {
  ...intake.ports,
  checkFor: (schemaMode) => intake.schemas.checkFor(schemaMode),
};

/** Takes a file in that Braze Currents has put on S3, told by EventBridge. */
export async function handler(event: unknown): Promise<void> {
  const { bucket, object } = objectCreated.parse(event).detail;
  const place = currentsPlaceOf(object.key);
  if (place === undefined) return logger.warn('an object below currents/ is no file of Currents');
  const { sourceId } = place;
  const document = await webhooks.get(sourceId);
  const source = document?.esp === 'braze' ? await enabledSource(sourceId, sources) : undefined;
  if (source === undefined) return logger.warn('a file of no enabled Braze source', { sourceId });
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: object.key }));
  if (!(answer.Body instanceof Readable)) throw new Error('S3 answered without a body');
  try {
    const eventCount = await takeCurrentsFile(answer.Body, place, source, ports);
    logger.info('a file of Currents is in', { sourceId, eventType: place.eventType, eventCount });
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}
