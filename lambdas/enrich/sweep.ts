import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { readDueCarts } from '../../adapters/dynamodb/due-carts.ts';
import { createProfileStore } from '../../adapters/dynamodb/profile-store.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { type SweepReport, sweepCarts } from './sweep-carts.ts';

/** It runs by itself and comes again: better late than never. */
const PATIENCE = { attemptsMax: 5, connectMsMax: 1_000, attemptMsMax: 10_000 };
/** Kept back for the chunk that is under way when time is up. */
const LAST_CHUNK_MS = 30_000;
const MINUTE_MS = 60_000;

const environment = z
  .object({
    PROFILES_TABLE: z.string().min(1),
    EVENTS_STREAM_NAME: z.string().min(1),
    CART_WINDOW_MINUTES: z.coerce.number().positive(),
  })
  .parse(process.env);
const logger = new Logger();
const metrics = new Metrics();
const dynamoDb = createDynamoDbClient(PATIENCE);
const stream = createEventStream(environment.EVENTS_STREAM_NAME);
// Reads profiles and nothing else; its role allows no more.
const tables = { profiles: environment.PROFILES_TABLE, identities: '', dedupe: '' };
const profiles = createProfileStore(dynamoDb, tables);

/** One sweep over the carts that are due. */
export async function handler(_: unknown, context: Context): Promise<SweepReport> {
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - LAST_CHUNK_MS;
  const ports = {
    readDueCarts: (bucket: string) => readDueCarts(dynamoDb, environment.PROFILES_TABLE, bucket),
    profiles,
    putEvents: (records: Parameters<typeof stream.put>[0]) => stream.put(records, deadlineMs),
    nowMs: Date.now,
  };
  const report = await sweepCarts(ports, environment.CART_WINDOW_MINUTES * MINUTE_MS, deadlineMs);
  metrics.addMetric('CartsAbandoned', MetricUnit.Count, report.abandonedCount);
  metrics.publishStoredMetrics();
  logger.info('swept', { ...report });
  return report;
}
