import type { APIGatewayProxyEvent } from 'aws-lambda';
import { requestHeader } from './request-header.ts';

/** Longer than any key: what is longer isn't hashed. */
const WRITE_KEY_CHARACTERS_MAX = 256;

/**
 * The write key of a request: HTTP Basic user name (Segment's SDKs), `X-Write-Key`, `writeKey` in
 * the body (analytics-node) or in the query (beacons), the first of them that is there.
 */
export function writeKeyOf(event: APIGatewayProxyEvent, inBody: unknown): string | undefined {
  const candidates = [
    basicUserName(requestHeader(event, 'authorization')),
    requestHeader(event, 'x-write-key'),
    inBody,
    event.queryStringParameters?.writeKey,
  ];
  for (const candidate of candidates) {
    if (typeof candidate !== 'string' || candidate === '') continue;
    return candidate.length <= WRITE_KEY_CHARACTERS_MAX ? candidate : undefined;
  }
  return undefined;
}

function basicUserName(header: string | undefined): string | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0];
}
