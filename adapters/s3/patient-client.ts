import { S3Client } from '@aws-sdk/client-s3';
import { PATIENCE } from '../aws/patience.ts';

/** For what runs for minutes or hours, one object after the other. */
export function createPatientS3(): S3Client {
  return new S3Client({
    maxAttempts: PATIENCE.attemptsMax,
    requestHandler: {
      connectionTimeout: PATIENCE.connectMsMax,
      requestTimeout: PATIENCE.attemptMsMax,
      throwOnRequestTimeout: true,
    },
  });
}
