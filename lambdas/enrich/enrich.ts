import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import { createCatalogueStore } from '../../adapters/dynamodb/catalogue-store.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createInspectorLog, INSPECTOR_PATIENCE } from '../../adapters/dynamodb/inspector-log.ts';
import { createProfileStore } from '../../adapters/dynamodb/profile-store.ts';
import { createTraitTypes } from '../../adapters/dynamodb/trait-types.ts';
import { writePoison, writeRefusedIdentities } from '../../adapters/s3/failures.ts';
import type { EnrichPorts } from './enrich-batch.ts';
import { type BatchAnswer, enrichEvent } from './enrich-event.ts';
import { EntryCache } from './entry-cache.ts';
import { RefusalKeeper } from './refusal-keeper.ts';
import { reportBatch } from './report-batch.ts';
import { enrichSettings } from './settings.ts';

/** A batch has time: the stream waits. It must still end well before the function's time-out. */
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 };

const settings = enrichSettings.parse(process.env);
const logger = new Logger();
const metrics = new Metrics();
const dynamoDb = createDynamoDbClient(PATIENCE);
const s3 = new S3Client({
  maxAttempts: PATIENCE.attemptsMax,
  requestHandler: {
    connectionTimeout: PATIENCE.connectMsMax,
    requestTimeout: PATIENCE.attemptMsMax,
    throwOnRequestTimeout: true,
  },
});
const refusals = new RefusalKeeper(
  (refused) => writeRefusedIdentities(s3, settings.FAILURES_BUCKET, refused),
  () => metrics.addMetric('RefusedIdentitiesUnkept', MetricUnit.Count, 1),
);
const ports: EnrichPorts = {
  profiles: createProfileStore(dynamoDb, {
    profiles: settings.PROFILES_TABLE,
    identities: settings.IDENTITIES_TABLE,
    dedupe: settings.DEDUPE_TABLE,
    profileRetentionDays: settings.PROFILE_RETENTION_DAYS,
  }),
  catalogue: createCatalogueStore(dynamoDb, settings.CATALOGUE_TABLE),
  entryCache: new EntryCache(),
  writePoison: (poison) => writePoison(s3, settings.FAILURES_BUCKET, poison),
  keepRefused: (refused) => refusals.keep(refused),
  surroundings: { nowMs: Date.now, random: Math.random, sleep: (durationMs) => sleep(durationMs) },
  traitTypes: createTraitTypes(dynamoDb, settings.CONFIG_TABLE, () =>
    logger.warn('the document traitTypes/default cannot be used: write it with kindred config'),
  ),
  inspector: createInspectorLog({
    client: createDynamoDbClient(INSPECTOR_PATIENCE),
    table: settings.INSPECTOR_TABLE,
    processId: randomUUID().slice(0, 8),
    nowMs: Date.now,
    onFailure: () => metrics.addMetric('InspectorFailures', MetricUnit.Count, 1),
  }),
};

/** Takes a batch of whatever stream into profiles and catalogue; answers with what must come again. */
export function handler(event: unknown): Promise<BatchAnswer> {
  return enrichEvent(event, ports, (report) => reportBatch(report, logger, metrics));
}
