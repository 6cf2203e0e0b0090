import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { exportState, startExport } from '../../adapters/dynamodb/point-in-time-export.ts';
import { EXPORTS_PREFIX } from '../../core/training/snapshot-days.ts';
import { dynamoDb as client, lake } from './recommend-environment.ts';
import { type ExportingRun, exportingRun } from './training-run.ts';

const { PROFILES_TABLE_ARN } = z
  .object({ PROFILES_TABLE_ARN: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();

/**
 * Has DynamoDB export the profiles, or looks how far that is. Each run has an export of its own, in a folder of
 * its own.
 * @throws ExportFailed when DynamoDB gave it up
 */
export async function handler(input: unknown): Promise<ExportingRun> {
  const run = exportingRun.parse(input ?? {});
  const begun = run.profiles?.exportArn;
  const profiles = await (begun === undefined ? begin() : exportState(client, begun));
  logger.info('profiles exported', { ...profiles });
  return { ...run, profiles };
}

function begin() {
  const token = randomUUID();
  const prefix = `${EXPORTS_PREFIX}${token}`;
  return startExport({ client, tableArn: PROFILES_TABLE_ARN, bucket: lake.bucket, prefix }, token);
}
