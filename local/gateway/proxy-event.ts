import type { IncomingMessage } from 'node:http';

/** What a proxy event is made of. */
export interface ProxyEventParts {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** Path without the stage. */
  readonly path: string;
  readonly resourcePath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly requestId: string;
  readonly apiId: string;
  readonly stage: string;
  readonly resourceId: string;
  readonly binaryMediaTypes: readonly string[];
}

export type ProxyEvent = Record<string, unknown> & { requestContext: Record<string, unknown> };

/**
 * The event of a Lambda proxy integration, payload version 1.0.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyEvent(parts: ProxyEventParts): ProxyEvent {
  const { request, url, body } = parts;
  const headers = headersOf(request);
  const query = [...new Set(url.searchParams.keys())];
  const isBinary = isBinaryType(parts.binaryMediaTypes, request.headers['content-type']);
  return {
    resource: parts.resourcePath,
    path: parts.path,
    httpMethod: request.method,
    headers: mapValues(headers, (values) => values.at(-1)),
    multiValueHeaders: headers,
    queryStringParameters:
      query.length === 0
        ? null
        : Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name).at(-1)])),
    multiValueQueryStringParameters:
      query.length === 0
        ? null
        : Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name)])),
    pathParameters: Object.keys(parts.parameters).length === 0 ? null : parts.parameters,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: parts.apiId,
      domainName: request.headers.host,
      httpMethod: request.method,
      identity: {
        sourceIp: request.socket.remoteAddress,
        userAgent: request.headers['user-agent'] ?? null,
      },
      path: `/${parts.stage}${parts.path}`,
      protocol: `HTTP/${request.httpVersion}`,
      requestId: parts.requestId,
      requestTimeEpoch: Date.now(),
      resourceId: parts.resourceId,
      resourcePath: parts.resourcePath,
      stage: parts.stage,
    },
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && body.length > 0,
  };
}

/** Header names as they were sent, each with all its values. */
function headersOf(request: IncomingMessage): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    const values = headers[name] ?? [];
    values.push(request.rawHeaders[index + 1] ?? '');
    headers[name] = values;
  }
  return headers;
}

function isBinaryType(
  binaryMediaTypes: readonly string[],
  contentType: string | undefined,
): boolean {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  return binaryMediaTypes.some((pattern) => {
    const [main, sub] = pattern.toLowerCase().split('/');
    const [typeMain, typeSub] = type.split('/');
    return (main === '*' || main === typeMain) && (sub === '*' || sub === typeSub);
  });
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
