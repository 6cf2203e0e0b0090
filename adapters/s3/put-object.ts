import { createHash } from 'node:crypto';
import { createSendSigned } from '../aws/signed-request.ts';
import { isTemporaryFailure, objectUrl } from './object-url.ts';

/** How long one attempt may take. */
const ATTEMPT_MS_MAX = 4_000;
const ATTEMPTS_MAX = 3;

/** S3 refused an object or could not be reached; the message carries neither key nor content. */
export class PutObjectError extends Error {
  override readonly name = 'PutObjectError';
}

/** Stores one JSON object; resolves once S3 has it. */
export type PutObject = (key: string, json: string, deadlineMs: number) => Promise<void>;

/**
 * A signed PUT, and nothing more: the SDK's S3 client alone is larger than all the rest of the
 * collector, and every cold start would read it.
 */
export function createPutObject(bucket: string): PutObject {
  const send = createSendSigned('s3');
  return async (key, json, deadlineMs) => {
    const body = Buffer.from(json);
    const attempts = { attemptsMax: ATTEMPTS_MAX, attemptMsMax: ATTEMPT_MS_MAX, deadlineMs };
    try {
      await send(
        { method: 'PUT', url: objectUrl(bucket, key), headers: headersOf(body), body },
        { ...attempts, isTemporary: isTemporaryFailure },
      );
    } catch (cause) {
      throw new PutObjectError('the object was not stored', { cause });
    }
  };
}

function headersOf(body: Buffer): Record<string, string> {
  const digest = createHash('sha256').update(body);
  return {
    'content-type': 'application/json',
    // S3 refuses what arrives damaged, and keeps the sum with the object.
    'x-amz-checksum-sha256': digest.copy().digest('base64'),
    'x-amz-content-sha256': digest.digest('hex'),
  };
}
