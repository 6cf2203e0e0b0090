import type { InvokeResult } from '../lambda/lambda-function.ts';
import { type Authorization, judge } from './authorizer.ts';
import type { GatewayOptions } from './gateway.ts';
import { type GatewayResponseType, gatewayAnswer } from './gateway-response.ts';
import { IdentitySources } from './identity-sources.ts';
import {
  type GatewayRequest,
  proxyEvent,
  type RouteContext,
  requestAuthorizerEvent,
} from './proxy-event.ts';
import { answerOf, type HttpAnswer } from './proxy-response.ts';
import type { ApiIntegration, ApiMethod, ApiStage, RestApi } from './rest-api.ts';
import { type MatchedRoute, Routes } from './routes.ts';
import { judgeSignature } from './signature.ts';
import { TokenBucket } from './throttle.ts';
import { Usage } from './usage.ts';

interface OpenStage {
  readonly api: RestApi;
  readonly stage: ApiStage;
  readonly routes: Routes;
  /** The stage's limit holds for each method by itself. */
  readonly buckets: Map<ApiMethod, TokenBucket>;
}

type Refusal = { readonly type: GatewayResponseType; readonly message?: string };
type AllowedRequest = {
  readonly authorization: (Authorization & { kind: 'allowed' }) | undefined;
  readonly accessKeyId?: string;
};

const INTEGRATION_TIMED_OUT = Symbol('integration timed out');

/** Takes a request through the gateway's steps: route, authorizer, API key, limits, integration. */
export class RequestHandler {
  readonly #options: GatewayOptions;
  readonly #stages = new Map<string, OpenStage>();
  readonly #usage: Usage;
  readonly #identitySources = new IdentitySources();

  /** @throws Error when two APIs have a stage of one name, as the name alone tells them apart here. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#usage = new Usage(options.model);
    for (const api of options.model.apis.values()) {
      const routes = new Routes(api);
      for (const stage of api.stages) {
        if (this.#stages.has(stage.name)) {
          throw new Error(`Two REST APIs have the stage ${stage.name}; rename one of them.`);
        }
        this.#stages.set(stage.name, { api, stage, routes, buckets: new Map() });
      }
    }
  }

  apiNameOf(path: string): string | undefined {
    return this.#stages.get(path.split('/')[1] ?? '')?.api.name;
  }

  /** The path for a log: an operator's request may name a customer, so that the resource stands for it. */
  shownPath(method: string, path: string): string {
    const [, stageName = '', ...segments] = path.split('/');
    const route = this.#stages.get(stageName)?.routes.match(method, segments);
    return route?.method.requiresIam === true ? `/${stageName}${route.resourcePath}` : path;
  }

  tooLarge(request: GatewayRequest): HttpAnswer {
    return refuse(this.#stages.get(request.path.split('/')[1] ?? '')?.api, request, {
      type: 'REQUEST_TOO_LARGE',
    });
  }

  /** `request.path` begins with the stage. */
  async handle(request: GatewayRequest): Promise<HttpAnswer> {
    const [, stageName = '', ...segments] = request.path.split('/');
    const open = this.#stages.get(stageName);
    const route = open?.routes.match(request.method, segments);
    if (open === undefined || route === undefined) {
      return refuse(open?.api, request, { type: 'MISSING_AUTHENTICATION_TOKEN' });
    }
    const inStage = { ...request, path: `/${segments.join('/')}` };
    const authorized = await this.#authorize(inStage, open, route);
    if ('type' in authorized) return refuse(open.api, request, authorized);
    const { authorization, accessKeyId } = authorized;
    const admitted = this.#admit(inStage, open, route, authorization?.usageIdentifierKey);
    if ('type' in admitted) return refuse(open.api, request, admitted);
    const context = this.#context(open, route, {
      authorizer: authorization && {
        ...authorization.context,
        principalId: authorization.principalId,
      },
      apiKey: admitted.apiKey,
      accessKeyId,
    });
    return this.#integrate(inStage, open, route.method.integration, context);
  }

  async #authorize(
    request: GatewayRequest,
    open: OpenStage,
    route: MatchedRoute,
  ): Promise<AllowedRequest | Refusal> {
    const { authorizerId, requiresIam } = route.method;
    if (requiresIam) return this.#verifySignature(request, open);
    if (authorizerId === undefined) return { authorization: undefined };
    const authorizer = open.api.authorizers.get(authorizerId);
    if (authorizer === undefined) return { type: 'AUTHORIZER_CONFIGURATION_ERROR' };
    const context = this.#context(open, route, { authorizer: undefined, apiKey: undefined });
    const methodArn = this.#methodArn(request, open);
    const judged = await this.#identitySources.judge(authorizer, request, context, async () => {
      const event = requestAuthorizerEvent(request, context, methodArn);
      const result = await this.#options.invoke(authorizer.functionArn, JSON.stringify(event));
      if (result.kind === 'response') return judge(result.payload, methodArn);
      // A handler says 401 by failing with exactly this word; any other failure is the API's.
      const isUnauthorized =
        result.kind === 'error' && result.error.errorMessage === 'Unauthorized';
      return isUnauthorized ? { kind: 'unauthorized' } : { kind: 'malformed' };
    });
    switch (judged.kind) {
      case 'allowed':
        return { authorization: judged };
      case 'denied':
        return {
          type: 'ACCESS_DENIED',
          ...(judged.message === undefined ? {} : { message: judged.message }),
        };
      case 'unauthorized':
        return { type: 'UNAUTHORIZED' };
      case 'malformed':
        return { type: 'AUTHORIZER_CONFIGURATION_ERROR' };
    }
  }

  /** Which identity may call what isn't judged: locally every known access key may everything. */
  #verifySignature(request: GatewayRequest, { stage }: OpenStage): AllowedRequest | Refusal {
    const path = `/${stage.name}${request.path}`;
    const judged = judgeSignature(
      { ...request, path },
      { service: 'execute-api', region: this.#options.region },
    );
    if (judged.kind === 'valid') {
      return { authorization: undefined, accessKeyId: judged.accessKeyId };
    }
    if (judged.kind === 'missing') return { type: 'MISSING_AUTHENTICATION_TOKEN' };
    return { type: 'INVALID_SIGNATURE', message: judged.message };
  }

  #admit(
    request: GatewayRequest,
    { api, stage, buckets }: OpenStage,
    { method }: MatchedRoute,
    usageIdentifierKey: string | undefined,
  ): { readonly apiKey: RouteContext['apiKey'] } | Refusal {
    let apiKey: RouteContext['apiKey'];
    if (method.requiresApiKey) {
      const value =
        api.apiKeySource === 'AUTHORIZER' ? usageIdentifierKey : headerOf(request, 'x-api-key');
      const admission = this.#usage.admit(api.id, stage.name, value, request.receivedAtMs);
      if (admission.kind === 'unknown key') return { type: 'INVALID_API_KEY' };
      if (admission.kind === 'throttled') return { type: 'THROTTLED' };
      if (admission.kind === 'quota exceeded') return { type: 'QUOTA_EXCEEDED' };
      apiKey = admission.key;
    }
    let bucket = buckets.get(method);
    if (bucket === undefined) {
      bucket = new TokenBucket(stage.throttle, request.receivedAtMs);
      buckets.set(method, bucket);
    }
    return bucket.take(request.receivedAtMs) ? { apiKey } : { type: 'THROTTLED' };
  }

  async #integrate(
    request: GatewayRequest,
    { api }: OpenStage,
    integration: ApiIntegration,
    context: RouteContext,
  ): Promise<HttpAnswer> {
    if (integration.kind === 'mock') {
      const { status, headers, body } = integration;
      return { status, headers, body: Buffer.from(body) };
    }
    const event = JSON.stringify(proxyEvent(request, context));
    const result = await withinTime(
      this.#options.invoke(integration.functionArn, event),
      integration.timeoutMs,
    );
    if (result === INTEGRATION_TIMED_OUT)
      return refuse(api, request, { type: 'INTEGRATION_TIMEOUT' });
    if (result.kind === 'refused') {
      if (result.reason === 'too large') return refuse(api, request, { type: 'REQUEST_TOO_LARGE' });
      return refuse(api, request, { type: 'DEFAULT_5XX' }, 500);
    }
    const answer =
      result.kind === 'response'
        ? answerOf(result.payload, headerOf(request, 'accept'), api.binaryMediaTypes)
        : undefined;
    return answer ?? refuse(api, request, { type: 'DEFAULT_5XX' });
  }

  #context(
    { api, stage }: OpenStage,
    route: MatchedRoute,
    who: Pick<RouteContext, 'authorizer' | 'apiKey' | 'accessKeyId'>,
  ): RouteContext {
    return {
      apiId: api.id,
      accountId: this.#options.accountId,
      stage: stage.name,
      stageVariables: stage.variables,
      binaryMediaTypes: api.binaryMediaTypes,
      route,
      ...who,
    };
  }

  #methodArn({ method, path }: GatewayRequest, { api, stage }: OpenStage): string {
    const { region, accountId } = this.#options;
    return `arn:aws:execute-api:${region}:${accountId}:${api.id}/${stage.name}/${method}${path}`;
  }
}

function refuse(
  api: RestApi | undefined,
  { requestId }: GatewayRequest,
  { type, message }: Refusal,
  status?: number,
): HttpAnswer {
  const answer = gatewayAnswer(api, type, {
    requestId,
    ...(message === undefined ? {} : { message }),
    ...(status === undefined ? {} : { status }),
  });
  return { ...answer, body: Buffer.from(answer.body) };
}

function headerOf({ headers }: GatewayRequest, wanted: string): string | undefined {
  return headers.findLast(([name]) => name.toLowerCase() === wanted)?.[1];
}

async function withinTime(
  result: Promise<InvokeResult>,
  timeoutMs: number,
): Promise<InvokeResult | typeof INTEGRATION_TIMED_OUT> {
  const { promise, resolve } = Promise.withResolvers<typeof INTEGRATION_TIMED_OUT>();
  const timer = setTimeout(() => resolve(INTEGRATION_TIMED_OUT), timeoutMs);
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}
