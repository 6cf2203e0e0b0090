import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import type { DataBucket } from '../../core/privacy/areas.ts';

const ATTEMPTS_MAX = 5;
const CONNECT_MS_MAX = 3_000;
const ATTEMPT_MS_MAX = 60_000;

const name = z.string().min(1);

/** Settings by the function's environment variable; each function has those that it uses. */
export function setting(variable: string): string {
  return name.parse(process.env[variable], { error: () => `${variable} is not set` });
}

export function dataBuckets(): Readonly<Record<DataBucket, string>> {
  return {
    lake: setting('LAKE_BUCKET'),
    quarantine: setting('QUARANTINE_BUCKET'),
    failures: setting('FAILURES_BUCKET'),
    drop: setting('DROP_BUCKET'),
  };
}

/** Patient: a search runs for hours, and nobody waits for one request. */
export function createPatientS3(): S3Client {
  return new S3Client({
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: ATTEMPT_MS_MAX,
      throwOnRequestTimeout: true,
    },
  });
}

export function createPatientDynamoDb() {
  return createDynamoDbClient({
    attemptsMax: ATTEMPTS_MAX,
    connectMsMax: CONNECT_MS_MAX,
    attemptMsMax: ATTEMPT_MS_MAX,
  });
}
