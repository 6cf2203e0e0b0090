import type { Authorization } from './authorizer.ts';
import type { GatewayRequest, RouteContext } from './proxy-event.ts';
import type { ApiAuthorizer } from './rest-api.ts';

export type Judgement = Authorization | { readonly kind: 'unauthorized' };

/** Cached judgements before all are forgotten: a bound on memory, far above what one machine sends. */
const CACHED_MAX = 10_000;

/**
 * An authorizer's identity sources: a request without one of them is unauthorized before the
 * function is asked, and together they are the key under which its judgement is kept.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
 */
export class IdentitySources {
  readonly #cached = new Map<string, { judgement: Judgement; untilMs: number }>();

  async judge(
    authorizer: ApiAuthorizer,
    request: GatewayRequest,
    context: RouteContext,
    ask: () => Promise<Judgement>,
  ): Promise<Judgement> {
    const { id, identitySources, resultTtlSeconds } = authorizer;
    const values = identitySources.map((source) => sourceValue(source, request, context));
    if (values.some((value) => value === undefined || value === ''))
      return { kind: 'unauthorized' };
    if (resultTtlSeconds === 0) return ask();
    const key = JSON.stringify([id, ...values]);
    const known = this.#cached.get(key);
    if (known !== undefined && known.untilMs > request.receivedAtMs) return known.judgement;
    const judgement = await ask();
    if (judgement.kind === 'malformed') return judgement;
    if (this.#cached.size >= CACHED_MAX) this.#cached.clear();
    this.#cached.set(key, {
      judgement,
      untilMs: request.receivedAtMs + resultTtlSeconds * 1000,
    });
    return judgement;
  }
}

/** `method.request.header.X`, `method.request.querystring.x`, `stageVariables.x`, `context.x`. */
function sourceValue(
  source: string,
  request: GatewayRequest,
  context: RouteContext,
): string | undefined {
  const name = source.split('.').at(-1) ?? '';
  if (source.startsWith('method.request.header.')) {
    return request.headers.find(([header]) => header.toLowerCase() === name.toLowerCase())?.[1];
  }
  if (source.startsWith('method.request.querystring.')) {
    return request.query.get(name) ?? undefined;
  }
  if (source.startsWith('stageVariables.')) return context.stageVariables[name];
  if (source === 'context.path') return request.path;
  if (source === 'context.httpMethod') return request.method;
  if (source === 'context.identity.sourceIp') return request.sourceIp;
  throw new Error(`The identity source ${source} is not supported by the local cloud.`);
}
