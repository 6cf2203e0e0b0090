/** A REST API of the template, resolved: what the gateway serves. */
export interface RestApi {
  readonly id: string;
  readonly name: string;
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
  readonly binaryMediaTypes: readonly string[];
  /** By id, the root's included. */
  readonly resources: Map<string, ApiResource>;
  readonly methods: ApiMethod[];
  readonly authorizers: Map<string, ApiAuthorizer>;
  readonly gatewayResponses: Map<string, GatewayResponse>;
  readonly stages: ApiStage[];
}

export interface ApiResource {
  readonly id: string;
  readonly parentId: string | undefined;
  /** A word, `{name}` or `{name+}`; empty for the root. */
  readonly pathPart: string;
}

export interface ApiMethod {
  readonly resourceId: string;
  /** Or `ANY`. */
  readonly httpMethod: string;
  readonly requiresApiKey: boolean;
  readonly authorizerId: string | undefined;
  /** Only a request that is signed with a known access key gets through. */
  readonly requiresIam: boolean;
  readonly integration: ApiIntegration;
}

export type ApiIntegration =
  | { readonly kind: 'lambda'; readonly functionArn: string; readonly timeoutMs: number }
  | {
      readonly kind: 'mock';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** A REQUEST authorizer. */
export interface ApiAuthorizer {
  readonly id: string;
  readonly functionArn: string;
  /** `method.request.header.x`, `method.request.querystring.x`, …; empty when nothing is required. */
  readonly identitySources: readonly string[];
  readonly resultTtlSeconds: number;
}

export interface GatewayResponse {
  readonly type: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Template for JSON; undefined for AWS's own. */
  readonly template: string | undefined;
}

export interface RateLimit {
  /** Requests a second; undefined for no limit. */
  readonly ratePerSecond: number | undefined;
  readonly burst: number | undefined;
}

export interface ApiStage {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttle: RateLimit;
}

export interface ApiKey {
  readonly id: string;
  readonly value: string;
  readonly isEnabled: boolean;
}

export interface UsagePlan {
  readonly id: string;
  readonly stages: readonly { readonly apiId: string; readonly stage: string }[];
  readonly throttle: RateLimit;
  readonly quota: { readonly limit: number; readonly period: 'DAY' | 'WEEK' | 'MONTH' } | undefined;
  readonly keyIds: Set<string>;
}

/** Everything of API Gateway that the template makes. */
export class ApiGatewayModel {
  readonly apis = new Map<string, RestApi>();
  readonly keys = new Map<string, ApiKey>();
  readonly usagePlans = new Map<string, UsagePlan>();

  /** @throws Error when no API of the template has this id. */
  api(id: string): RestApi {
    const api = this.apis.get(id);
    if (api === undefined) throw new Error(`There is no REST API ${id}.`);
    return api;
  }
}
