import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

/** An answer that API Gateway itself gives, before or instead of a function. */
interface GatewayProblem {
  readonly id: string;
  readonly type: ResponseType;
  /** Absent: whatever status the gateway chose, and then none in the body. */
  readonly status?: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Seconds after which a throttled or failing gateway is worth another try. */
const RETRY_AFTER = { 'Retry-After': '1' } as const;

/**
 * The collector's clients drop events on any 4xx but 429, so whatever is temporary answers 429 or
 * 5xx with Retry-After, and only what will never succeed another 4xx.
 */
const PROBLEMS: readonly GatewayProblem[] = [
  {
    id: 'Default4xx',
    type: ResponseType.DEFAULT_4XX,
    title: 'Bad request',
    detail: 'The request cannot be handled as it is.',
  },
  {
    id: 'Default5xx',
    type: ResponseType.DEFAULT_5XX,
    title: 'Server error',
    detail: 'The request failed through no fault of yours. Try again.',
    headers: RETRY_AFTER,
  },
  {
    id: 'Unauthorized',
    type: ResponseType.UNAUTHORIZED,
    status: 401,
    title: 'Unauthorized',
    detail: 'Send an API key in x-api-key or by HTTP Basic, or a signed token in the query.',
    headers: { 'WWW-Authenticate': 'Basic realm="kindred"' },
  },
  {
    id: 'AccessDenied',
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    title: 'Forbidden',
    detail: 'The token is not valid for this placement and customer, or has expired.',
  },
  {
    id: 'InvalidApiKey',
    type: ResponseType.INVALID_API_KEY,
    status: 403,
    title: 'Forbidden',
    detail: 'The API key is not known.',
  },
  {
    // The gateway's answer to a path or method that does not exist.
    id: 'UnknownRoute',
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 404,
    title: 'Not found',
    detail: 'No such path or method.',
  },
  {
    id: 'RequestTooLarge',
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    title: 'Content too large',
    detail: 'A request has at most 10 MB; send less at a time.',
  },
  {
    id: 'Throttled',
    type: ResponseType.THROTTLED,
    status: 429,
    title: 'Too many requests',
    detail: 'The rate limit is reached. Try again after a second.',
    headers: RETRY_AFTER,
  },
  {
    id: 'QuotaExceeded',
    type: ResponseType.QUOTA_EXCEEDED,
    status: 429,
    title: 'Too many requests',
    detail: 'The API key’s monthly quota is used up.',
  },
  {
    id: 'IntegrationTimeout',
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 503,
    title: 'Service unavailable',
    detail: 'The answer took too long. Try again.',
    headers: RETRY_AFTER,
  },
  {
    id: 'IntegrationFailure',
    type: ResponseType.INTEGRATION_FAILURE,
    status: 503,
    title: 'Service unavailable',
    detail: 'The service could not be reached. Try again.',
    headers: RETRY_AFTER,
  },
];

/**
 * Without these headers a browser hides the status from the page, and the SDK cannot tell a
 * throttled call from a refused one. Every origin may see them: an error says nothing private.
 */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
} as const;

/** Makes the gateway's own errors RFC 9457 problems. */
export function addGatewayResponses(api: RestApi): void {
  for (const problem of PROBLEMS) {
    api.addGatewayResponse(problem.id, {
      type: problem.type,
      ...(problem.status === undefined ? {} : { statusCode: String(problem.status) }),
      responseHeaders: quoted({
        // Not the template's key: the gateway picks a template by the Accept header and falls back to
        // application/json only, so the media type is set apart from it.
        'Content-Type': 'application/problem+json',
        ...CORS_HEADERS,
        ...problem.headers,
      }),
      templates: { 'application/json': body(problem) },
    });
  }
}

function body({ status, title, detail }: GatewayProblem): string {
  return JSON.stringify({
    type: 'about:blank',
    title,
    ...(status === undefined ? {} : { status }),
    detail,
  });
}

/** API Gateway reads an unquoted value as a mapping and a quoted one as itself. */
function quoted(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));
}
