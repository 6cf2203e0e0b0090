import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Issue } from '../../core/events/issue.ts';
import type { RefusedCall } from '../../core/identity/collect-calls.ts';

/** A request that gets another answer than 200, with what its sender needs to know (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly detail: string;
  readonly issues: readonly Issue[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    issues?: readonly Issue[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(titles[status] ?? 'Error');
    this.status = status;
    this.detail = detail;
    this.issues = issues;
    this.headers = headers;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Seconds until a sender should try again: spread, so that those turned away together don't return together. */
const RETRY_AFTER_S_MIN = 1;
const RETRY_AFTER_S_MAX = 5;

/** Everything the request said is durable. */
export function acknowledged(): APIGatewayProxyResult {
  return json(200, 'application/json', { success: true });
}

/** What was valid is durable, what was refused is in quarantine; `400` when nothing was valid. */
export function partlyAcknowledged(
  acceptedCount: number,
  refused: readonly RefusedCall[],
): APIGatewayProxyResult {
  const rejected = refused.map(({ index, messageId, issues }) => ({ index, messageId, issues }));
  if (acceptedCount > 0) {
    return json(200, 'application/json', { success: true, accepted: acceptedCount, rejected });
  }
  return json(400, 'application/problem+json', {
    type: 'about:blank',
    title: titles[400],
    status: 400,
    detail: 'No call of the request is valid; each is in quarantine with its reason.',
    success: false,
    accepted: 0,
    rejected,
  });
}

export function problemAnswer(problem: Problem): APIGatewayProxyResult {
  const { status, detail, issues, headers } = problem;
  const answer = json(status, 'application/problem+json', {
    type: 'about:blank',
    title: problem.message,
    status,
    detail,
    ...(issues === undefined ? {} : { issues }),
  });
  if (status !== 503) return { ...answer, headers: { ...answer.headers, ...headers } };
  const spread = RETRY_AFTER_S_MAX - RETRY_AFTER_S_MIN + 1;
  const retryAfterS = RETRY_AFTER_S_MIN + Math.floor(Math.random() * spread);
  return { ...answer, headers: { ...answer.headers, 'Retry-After': String(retryAfterS) } };
}

function json(statusCode: number, contentType: string, body: object): APIGatewayProxyResult {
  return { statusCode, headers: { 'Content-Type': contentType }, body: JSON.stringify(body) };
}
