import { createHash } from 'node:crypto';
import { createSendSigned, endpointSet, regionInUse } from '../aws/signed-request.ts';

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
    const url = new URL(`${addressOf(bucket)}/${key.split('/').map(encoded).join('/')}`);
    try {
      await send(
        { method: 'PUT', url, headers: headersOf(body), body },
        { attemptsMax: ATTEMPTS_MAX, attemptMsMax: ATTEMPT_MS_MAX, deadlineMs, isTemporary },
      );
    } catch (cause) {
      throw new PutObjectError('the object was not stored', { cause });
    }
  };
}

/** As the SDK has it: an endpoint of the environment takes the bucket in the path, AWS in the host. */
function addressOf(bucket: string): string {
  const endpoint = endpointSet('S3');
  if (endpoint === undefined) return `https://${bucket}.s3.${regionInUse()}.amazonaws.com`;
  return `${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}/${bucket}`;
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

/** 4xx are for good, but for a throttled request's and a slow upload's. */
function isTemporary(status: number, text: string): boolean {
  return status >= 500 || status === 429 || text.includes('<Code>RequestTimeout</Code>');
}

/** S3's canonical form encodes more than JavaScript does. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
