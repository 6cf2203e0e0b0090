import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { compactDay } from './compact-day.ts';
import { type CompactionRun, compactionOf } from './compaction-run.ts';

/** Kept back to write the open parts and the ids seen. */
const CLOSING_MS = 120_000;

const { LAKE_BUCKET } = z.object({ LAKE_BUCKET: z.string().min(1) }).parse(process.env);
const logger = new Logger();
const bucket = { client: createPatientS3(), bucket: LAKE_BUCKET };

/** One step of a compaction; the state machine repeats it until the day is done. */
export async function handler(input: unknown, context: Context): Promise<CompactionRun> {
  const startedAtMs = Date.now();
  const deadlineMs = startedAtMs + context.getRemainingTimeInMillis() - CLOSING_MS;
  const ports = { lake: bucket, curated: bucket, logger, nowMs: Date.now };
  const run = await compactDay(compactionOf(input, startedAtMs), ports, deadlineMs);
  logger.info('compacted', { ...run });
  return run;
}
