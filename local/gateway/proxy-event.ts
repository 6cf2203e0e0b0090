import type { MatchedRoute } from './routes.ts';

/** A request as it came in, with what the gateway knows of it. */
export interface GatewayRequest {
  readonly requestId: string;
  readonly method: string;
  /** Without the stage: `/v1/track`. Not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names as sent, one entry each time. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedAtMs: number;
  readonly protocol: string;
}

/** Of the API and the route, what a function is told. */
export interface RouteContext {
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly binaryMediaTypes: readonly string[];
  readonly route: MatchedRoute;
  /** The authorizer's context and principal; undefined without one. */
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  readonly apiKey: { readonly id: string; readonly value: string } | undefined;
  /** Whose signature it was, where IAM authorizes. */
  readonly accessKeyId?: string | undefined;
}

/**
 * The event of a Lambda proxy integration (payload version 1.0).
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyEvent(request: GatewayRequest, context: RouteContext) {
  const isBinary = isBinaryType(request, context.binaryMediaTypes);
  return {
    ...requestPart(request, context),
    body: request.body.length === 0 ? null : request.body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && request.body.length > 0,
  };
}

/**
 * The event of a REQUEST authorizer: the request without its body, and the method it is about.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 */
export function requestAuthorizerEvent(
  request: GatewayRequest,
  context: RouteContext,
  methodArn: string,
) {
  return { type: 'REQUEST', methodArn, ...requestPart(request, context) };
}

/** Does a body of this type go through unread, as base64? The wildcard takes every type, and none. */
export function isBinaryType(
  { headers }: Pick<GatewayRequest, 'headers'>,
  binaryMediaTypes: readonly string[],
): boolean {
  const header = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return matchesMediaType(header ?? '', binaryMediaTypes);
}

export function matchesMediaType(header: string, binaryMediaTypes: readonly string[]): boolean {
  const type = (header.split(';')[0] ?? '').trim().toLowerCase();
  const [group] = type.split('/');
  return binaryMediaTypes.some(
    (entry) => entry === '*/*' || entry === type || (group !== '' && entry === `${group}/*`),
  );
}

function requestPart(request: GatewayRequest, context: RouteContext) {
  const { single, multiple } = combined(withForwarded(request));
  const query = combined([...request.query]);
  const hasQuery = Object.keys(query.single).length > 0;
  const { pathParameters, resourcePath } = context.route;
  return {
    resource: resourcePath,
    path: request.path,
    httpMethod: request.method,
    headers: single,
    multiValueHeaders: multiple,
    queryStringParameters: hasQuery ? query.single : null,
    multiValueQueryStringParameters: hasQuery ? query.multiple : null,
    pathParameters: Object.keys(pathParameters).length === 0 ? null : pathParameters,
    stageVariables:
      Object.keys(context.stageVariables).length === 0 ? null : context.stageVariables,
    requestContext: requestContext(request, context, single),
  };
}

function requestContext(
  request: GatewayRequest,
  context: RouteContext,
  headers: Readonly<Record<string, string>>,
) {
  const userAgent = Object.entries(headers).find(([name]) => name.toLowerCase() === 'user-agent');
  return {
    accountId: context.accountId,
    apiId: context.apiId,
    authorizer: context.authorizer ?? null,
    domainName: '127.0.0.1',
    domainPrefix: context.apiId,
    extendedRequestId: request.requestId,
    httpMethod: request.method,
    identity: {
      accessKey: context.accessKeyId ?? null,
      accountId: context.accessKeyId === undefined ? null : context.accountId,
      apiKey: context.apiKey?.value ?? null,
      apiKeyId: context.apiKey?.id ?? null,
      caller: context.accessKeyId ?? null,
      clientCert: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: context.accessKeyId ?? null,
      userAgent: userAgent?.[1] ?? null,
      // Access keys have the name of their user here: both are made up.
      userArn:
        context.accessKeyId === undefined
          ? null
          : `arn:aws:iam::${context.accountId}:user/${context.accessKeyId}`,
    },
    path: `/${context.stage}${request.path}`,
    protocol: request.protocol,
    requestId: request.requestId,
    requestTime: commonLogTime(request.receivedAtMs),
    requestTimeEpoch: request.receivedAtMs,
    resourceId: context.route.method.resourceId,
    resourcePath: context.route.resourcePath,
    stage: context.stage,
  };
}

/**
 * The headers with the gateway's own, whose values the client's can't be: how the request came in. AWS's
 * gateway takes HTTPS only and says so; this one says what it took.
 */
function withForwarded({ headers, sourceIp }: GatewayRequest): (readonly [string, string])[] {
  const of = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const said = of('x-forwarded-for');
  const port = /:(\d+)$/u.exec(of('host') ?? '')?.[1] ?? '80';
  return [
    ...headers.filter(([name]) => !FORWARDED.has(name.toLowerCase())),
    ['X-Forwarded-For', said === undefined ? sourceIp : `${said}, ${sourceIp}`],
    ['X-Forwarded-Port', port],
    ['X-Forwarded-Proto', 'http'],
  ];
}

const FORWARDED = new Set(['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto']);

/** The last value of each name, and all of them. */
function combined(entries: readonly (readonly [string, string])[]) {
  const single: Record<string, string> = {};
  const multiple: Record<string, string[]> = {};
  for (const [name, value] of entries) {
    single[name] = value;
    multiple[name] ??= [];
    multiple[name].push(value);
  }
  return { single, multiple };
}

/** `23/Nov/2026:14:00:00 +0000` */
function commonLogTime(epochMs: number): string {
  // `Mon, 23 Nov 2026 14:00:00 GMT`: the language's own format, which asks no locale.
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
