import type { GatewayResponse, RestApi } from './rest-api.ts';

/** An answer that the gateway gives itself, without asking a function. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface DefaultAnswer {
  readonly status: number;
  readonly message: string;
  /** `x-amzn-ErrorType` */
  readonly errorType: string;
}

/** Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
const defaults = {
  ACCESS_DENIED: {
    status: 403,
    message: 'User is not authorized to access this resource',
    errorType: 'AccessDeniedException',
  },
  API_CONFIGURATION_ERROR: {
    status: 500,
    message: 'Internal server error',
    errorType: 'InternalServerErrorException',
  },
  AUTHORIZER_CONFIGURATION_ERROR: {
    status: 500,
    message: 'Internal server error',
    errorType: 'AuthorizerConfigurationException',
  },
  BAD_REQUEST_PARAMETERS: {
    status: 400,
    message: 'Invalid request',
    errorType: 'BadRequestException',
  },
  INTEGRATION_TIMEOUT: {
    status: 504,
    message: 'Endpoint request timed out',
    errorType: 'InternalServerErrorException',
  },
  /** A Lambda proxy integration that failed or answered in a wrong form: 502, which no own type has. */
  DEFAULT_5XX: {
    status: 502,
    message: 'Internal server error',
    errorType: 'InternalServerErrorException',
  },
  INVALID_SIGNATURE: {
    status: 403,
    message: 'Forbidden',
    errorType: 'InvalidSignatureException',
  },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
  MISSING_AUTHENTICATION_TOKEN: {
    status: 403,
    message: 'Missing Authentication Token',
    errorType: 'MissingAuthenticationTokenException',
  },
  QUOTA_EXCEEDED: { status: 429, message: 'Limit Exceeded', errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: {
    status: 413,
    message: 'Request Too Long',
    errorType: 'RequestTooLargeException',
  },
  THROTTLED: { status: 429, message: 'Too Many Requests', errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', errorType: 'UnauthorizedException' },
} as const satisfies Record<string, DefaultAnswer>;

export type GatewayResponseType = keyof typeof defaults;

/**
 * The answer of a type, in the form that the template gives it: its own response, else the default
 * of its class (4XX or 5XX), else AWS's.
 */
export function gatewayAnswer(
  api: RestApi | undefined,
  type: GatewayResponseType,
  context: { readonly requestId: string; readonly message?: string; readonly status?: number },
): GatewayAnswer {
  const standard = defaults[type];
  const message = context.message ?? standard.message;
  const isServerError = standard.status >= 500;
  const custom =
    api?.gatewayResponses.get(type) ??
    api?.gatewayResponses.get(isServerError ? 'DEFAULT_5XX' : 'DEFAULT_4XX');
  const values = {
    'context.error.message': message,
    'context.error.messageString': JSON.stringify(message),
    'context.error.responseType': type,
    'context.requestId': context.requestId,
    'context.extendedRequestId': context.requestId,
  };
  return {
    status: custom?.status ?? context.status ?? standard.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': standard.errorType,
      ...headersOf(custom),
    },
    body: substitute(custom?.template ?? '{"message":$context.error.messageString}', values),
  };
}

function headersOf(custom: GatewayResponse | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(custom?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function substitute(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\$(?:\{(context\.[\w.]+)\}|(context\.[\w.]+))/gu, (_, braced, bare) => {
    return values[braced ?? bare] ?? '';
  });
}
