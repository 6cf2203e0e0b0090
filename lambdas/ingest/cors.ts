import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { isOrigin } from '../../core/events/allowed-origin.ts';
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

/**
 * The answer to a preflight: what a page of any origin may send. A preflight carries no key, and so names no
 * source; which origins a source allows is decided on the request itself, whose answer a foreign page gets
 * as a 403 that it can read, where a refused preflight would look like a lost connection and be retried.
 */
export function preflightAnswer(
  event: APIGatewayProxyEvent,
  method: 'GET' | 'POST',
): APIGatewayProxyResult {
  const asked = (requestHeader(event, 'access-control-request-headers') ?? '').toLowerCase();
  const own = asked
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[a-z0-9-]{1,64}$/.test(name) && name.startsWith(ALLOWED_PREFIX));
  return {
    statusCode: 204,
    headers: {
      'Access-Control-Allow-Methods': `${method}, OPTIONS`,
      'Access-Control-Allow-Headers': [...ALLOWED_HEADERS, ...own].join(', '),
      'Access-Control-Max-Age': String(PREFLIGHT_S),
    },
    body: '',
  };
}

/** Of an answer that every page may read, but none with its customer's cookies. */
export const readableByAnyPage: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
};

/** The answer as a page of the request's origin may read it. */
export function withCors(
  event: APIGatewayProxyEvent,
  answer: APIGatewayProxyResult,
): APIGatewayProxyResult {
  const origin = requestHeader(event, 'origin');
  if (origin === undefined || !isOrigin(origin)) return answer;
  const isSettled = answer.headers?.['Access-Control-Allow-Origin'] !== undefined;
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...(isSettled
        ? {}
        : {
            'Access-Control-Allow-Origin': origin,
            'Access-Control-Allow-Credentials': 'true',
          }),
      'Access-Control-Expose-Headers': 'retry-after',
      Vary: 'Origin',
    },
  };
}
