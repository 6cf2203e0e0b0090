import type { LambdaFunction } from '../lambda/lambda-function.ts';

/** A REST API as the template declares it, filled in resource by resource. */
export interface RestApi {
  readonly id: string;
  readonly name: string;
  readonly rootResourceId: string;
  readonly binaryMediaTypes: readonly string[];
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
  readonly resources: Map<string, { readonly parentId: string; readonly pathPart: string }>;
  readonly methods: Method[];
  readonly gatewayResponses: Map<string, GatewayResponse>;
  stageName: string;
}

export interface Method {
  readonly resourceId: string;
  readonly httpMethod: string;
  readonly isApiKeyRequired: boolean;
  readonly authorizer: LambdaFunction | undefined;
  readonly target: LambdaFunction;
}

export interface GatewayResponse {
  readonly statusCode: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Template by content type; API Gateway picks the first that it can. */
  readonly templates: Readonly<Record<string, string>>;
}

/** An API key with the limits of its usage plan. */
export interface ApiKey {
  readonly id: string;
  readonly value: string;
  readonly isEnabled: boolean;
  limits: { readonly ratePerSecond: number; readonly burst: number } | undefined;
}

/** A path of the API, ready to be matched. */
export interface Route {
  readonly resourcePath: string;
  readonly segments: readonly string[];
  readonly method: Method;
}

export function routesOf(api: RestApi): Route[] {
  return api.methods.map((method) => {
    const resourcePath = pathOf(api, method.resourceId);
    return { resourcePath, segments: resourcePath.split('/').slice(1), method };
  });
}

/** The route of a path with the values of its `{parameters}`; literal segments win over parameters. */
export function matchRoute(
  routes: readonly Route[],
  httpMethod: string,
  path: string,
): { route: Route; parameters: Record<string, string> } | undefined {
  const segments = path.split('/').slice(1);
  let best: { route: Route; parameters: Record<string, string> } | undefined;
  for (const route of routes) {
    if (route.method.httpMethod !== httpMethod && route.method.httpMethod !== 'ANY') continue;
    const parameters = parametersOf(route.segments, segments);
    if (parameters === undefined) continue;
    const isBetter =
      best === undefined || Object.keys(parameters).length < Object.keys(best.parameters).length;
    if (isBetter) best = { route, parameters };
  }
  return best;
}

function pathOf(api: RestApi, resourceId: string): string {
  if (resourceId === api.rootResourceId) return '/';
  const resource = api.resources.get(resourceId);
  if (resource === undefined) throw new Error(`The API has no resource ${resourceId}`);
  const parent = pathOf(api, resource.parentId);
  return `${parent === '/' ? '' : parent}/${resource.pathPart}`;
}

function parametersOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const greedy = /^\{(\w+)\+\}$/u.exec(part)?.[1];
    if (greedy !== undefined) {
      if (segments.length <= index) return undefined;
      parameters[greedy] = decode(segments.slice(index).join('/'));
      return parameters;
    }
    const segment = segments[index];
    if (segment === undefined) return undefined;
    const name = /^\{(\w+)\}$/u.exec(part)?.[1];
    if (name !== undefined && segment !== '') parameters[name] = decode(segment);
    else if (segment !== part) return undefined;
  }
  return segments.length === pattern.length ? parameters : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
