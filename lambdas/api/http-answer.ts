import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

export interface Representation {
  readonly body: string;
  readonly contentType: string;
  readonly maxAgeSeconds: number;
  /** What the entity tag is taken from: all that matters of the answer, and not when it was made. */
  readonly identity: string;
  readonly durationsMs: Readonly<Record<string, number>>;
}

/**
 * The answer over HTTP. It is always 200, with one exception that a client has to ask for: when
 * `If-None-Match` names the very entity it would get, 304 without a body (RFC 9110, 13.1.2).
 */
export function httpAnswer(
  event: APIGatewayProxyEvent,
  representation: Representation,
): APIGatewayProxyResult {
  const etag = `"${createHash('sha256').update(representation.identity).digest('base64url').slice(0, 27)}"`;
  const headers = {
    'content-type': representation.contentType,
    'cache-control': `private, max-age=${representation.maxAgeSeconds}`,
    etag,
    'server-timing': serverTiming(representation.durationsMs),
    'x-content-type-options': 'nosniff',
  };
  return isNamed(etag, headerOf(event, 'if-none-match'))
    ? { statusCode: 304, headers, body: '' }
    : { statusCode: 200, headers, body: representation.body };
}

function headerOf(event: APIGatewayProxyEvent, name: string): string | undefined {
  // API Gateway leaves the case of header names as the client sent it, and null where there are none.
  const found = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1];
}

function isNamed(etag: string, ifNoneMatch: string | undefined): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** https://www.w3.org/TR/server-timing/ */
function serverTiming(durationsMs: Readonly<Record<string, number>>): string {
  return Object.entries(durationsMs)
    .map(([step, durationMs]) => `${step};dur=${durationMs.toFixed(1)}`)
    .join(', ');
}
