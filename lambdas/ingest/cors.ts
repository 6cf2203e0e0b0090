import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { requestHeader } from './request-header.ts';

/** Headers that Segment's and RudderStack's browser SDKs send. */
const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'content-encoding',
  'x-retry-count',
  'x-write-key',
  'anonymousid',
  'sentat',
] as const;
/** RudderStack's own, of which there are many. */
const ALLOWED_PREFIX = 'rsa-';
/** Chromium remembers a preflight for two hours at most. */
const PREFLIGHT_S = 7_200;

/** The answer to a preflight: what a page of any origin may send. A write key is public by its nature. */
export function preflightAnswer(event: APIGatewayProxyEvent): APIGatewayProxyResult {
  const asked = (requestHeader(event, 'access-control-request-headers') ?? '').toLowerCase();
  const own = asked
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[a-z0-9-]{1,64}$/.test(name) && name.startsWith(ALLOWED_PREFIX));
  return {
    statusCode: 204,
    headers: {
      'Access-Control-Allow-Methods': 'POST, OPTIONS',
      'Access-Control-Allow-Headers': [...ALLOWED_HEADERS, ...own].join(', '),
      'Access-Control-Max-Age': String(PREFLIGHT_S),
    },
    body: '',
  };
}

/** The answer as a page of the request's origin may read it. */
export function withCors(
  event: APIGatewayProxyEvent,
  answer: APIGatewayProxyResult,
): APIGatewayProxyResult {
  const origin = requestHeader(event, 'origin');
  if (origin === undefined) return answer;
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'retry-after',
      Vary: 'Origin',
    },
  };
}
