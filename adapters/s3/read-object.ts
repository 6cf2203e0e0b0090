import { createHash } from 'node:crypto';
import { createSendSigned, ServiceRefusal } from '../aws/signed-request.ts';
import type { ReadObject } from './object-parts.ts';
import { isTemporaryFailure, objectUrl } from './object-url.ts';

/** One part of a model takes a function a tenth of a second; a connection that hangs is given up, and another tried. */
const ATTEMPT_MS_MAX = 4_000;
const ATTEMPTS_MAX = 3;
/** GetObject has no body: the sum of nothing. */
const NOTHING_SHA256 = createHash('sha256').digest('hex');

/** S3 refused a read or could not be reached; the message carries nothing of the object. */
export class ReadObjectError extends Error {
  override readonly name = 'ReadObjectError';
}

/**
 * The operation GetObject as a signed GET: the SDK's client would be a quarter of what a serving function reads at a
 * cold start (decision 0208). Whoever reads checks the bytes by their checksum.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function createReadObject(bucket: string): ReadObject {
  const send = createSendSigned('s3');
  return async (key, { range, abortSignal } = {}) => {
    const headers = {
      'x-amz-content-sha256': NOTHING_SHA256,
      ...(range !== undefined && { range }),
    };
    try {
      return await send(
        { method: 'GET', url: objectUrl(bucket, key), headers },
        {
          ...{ attemptsMax: ATTEMPTS_MAX, attemptMsMax: ATTEMPT_MS_MAX, abortSignal },
          deadlineMs: Date.now() + ATTEMPTS_MAX * ATTEMPT_MS_MAX,
          isTemporary: isTemporaryFailure,
        },
      );
    } catch (cause) {
      if (cause instanceof ServiceRefusal && cause.names('<Code>NoSuchKey</Code>')) {
        return undefined;
      }
      throw new ReadObjectError('the object could not be read', { cause });
    }
  };
}
