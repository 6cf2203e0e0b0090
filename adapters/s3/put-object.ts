import { createHash } from 'node:crypto';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';

/** How long one attempt may take. */
const ATTEMPT_MS_MAX = 4_000;
const ATTEMPTS_MAX = 3;
const PAUSE_MS_BASE = 50;

/** S3 refused an object or could not be reached; the message carries neither key nor content. */
export class PutObjectError extends Error {
  override readonly name = 'PutObjectError';
}

/** Stores one JSON object; resolves once S3 has it. */
export type PutObject = (key: string, json: string, deadlineMs: number) => Promise<void>;

/**
 * A signed PUT, and nothing more: the SDK's S3 client alone is larger than all the rest of the
 * collector, and every cold start would read it. Credentials and region come from the SDK's default
 * chain, through the client that the stream needs in any case.
 */
export function createPutObject(bucket: string): PutObject {
  const { credentials, region } = new KinesisClient({}).config;
  const signer = new SignatureV4({
    service: 's3',
    credentials,
    region,
    sha256: Sha256,
    // S3 signs the path as it is sent; every other service encodes it once more.
    uriEscapePath: false,
  });
  return async (key, json, deadlineMs) => {
    const address = addressOf(bucket, await region());
    const path = `${address.pathPrefix}/${key.split('/').map(encoded).join('/')}`;
    const body = Buffer.from(json);
    let cause: unknown;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (attempt > 0) await pause(attempt, deadlineMs);
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) break;
      // Signed anew each time: a signature is of its moment, and credentials may have been renewed.
      const { headers } = await signer.sign({
        method: 'PUT',
        protocol: address.url.protocol,
        hostname: address.url.hostname,
        path,
        query: {},
        headers: headersOf(address.url, body),
        body,
      });
      const { host: _, ...sent } = headers;
      try {
        const answer = await fetch(`${address.url.origin}${path}`, {
          method: 'PUT',
          headers: sent,
          body,
          signal: AbortSignal.timeout(Math.min(leftMs, ATTEMPT_MS_MAX)),
        });
        // Read to its end, so that the connection can be used again.
        const text = await answer.text();
        if (answer.ok) return;
        cause = new Error(`HTTP ${answer.status}`);
        if (!isTemporary(answer.status, text)) break;
      } catch (error) {
        cause = error;
      }
    }
    throw new PutObjectError('the object was not stored', { cause });
  };
}

interface Address {
  readonly url: URL;
  readonly pathPrefix: string;
}

/** As the SDK has it: an endpoint of the environment takes the bucket in the path, AWS in the host. */
function addressOf(bucket: string, region: string): Address {
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  if (endpoint === undefined || endpoint === '') {
    return { url: new URL(`https://${bucket}.s3.${region}.amazonaws.com`), pathPrefix: '' };
  }
  const url = new URL(endpoint);
  return { url, pathPrefix: `${url.pathname.replace(/\/$/, '')}/${bucket}` };
}

function headersOf(url: URL, body: Buffer): Record<string, string> {
  const digest = createHash('sha256').update(body);
  return {
    host: url.host,
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

/** Full jitter, so that those which failed together don't come back together. */
async function pause(attempt: number, deadlineMs: number): Promise<void> {
  const longestMs = Math.min(PAUSE_MS_BASE * 2 ** attempt, deadlineMs - Date.now());
  if (longestMs <= 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs));
}
