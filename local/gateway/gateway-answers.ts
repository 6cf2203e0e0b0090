import type { GatewayResponse } from './rest-api.ts';

/** API Gateway's own answers, before the template's GatewayResponses change them. */
const defaults: Readonly<Record<string, { status: number; message: string }>> = {
  UNAUTHORIZED: { status: 401, message: 'Unauthorized' },
  ACCESS_DENIED: { status: 403, message: 'User is not authorized to access this resource' },
  AUTHORIZER_FAILURE: { status: 500, message: 'Authorizer error' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: 'Authorizer configuration error' },
  INVALID_API_KEY: { status: 403, message: 'Forbidden' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  THROTTLED: { status: 429, message: 'Too Many Requests' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  INTEGRATION_FAILURE: { status: 504, message: 'Internal server error' },
  API_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error' },
};

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Renders one of API Gateway's answers: the template's for this type, else its default for the
 * class of status, else AWS's own.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export function gatewayAnswer(
  responses: ReadonlyMap<string, GatewayResponse>,
  type: string,
  requestId: string,
): GatewayAnswer {
  const { status, message } = defaults[type] ?? { status: 500, message: 'Internal server error' };
  const response =
    responses.get(type) ?? responses.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const template =
    response?.templates['application/json'] ?? '{"message":$context.error.messageString}';
  const variables: Readonly<Record<string, string>> = {
    'context.error.messageString': JSON.stringify(message),
    'context.error.message': message,
    'context.error.responseType': type,
    'context.requestId': requestId,
  };
  const body = template.replaceAll(
    /\$\{?(context\.[\w.]+)\}?/gu,
    (_, name: string) => variables[name] ?? '',
  );
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(response?.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  return { status: response?.statusCode ?? status, headers, body };
}
