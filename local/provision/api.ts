import * as z from 'zod';
import type { RestApi } from '../gateway/rest-api.ts';
import type { Provider } from '../template/deploy.ts';
import { type CloudParts, functionNamed } from './cloud-parts.ts';

const apiProperties = z.strictObject({
  Name: z.string(),
  BinaryMediaTypes: z.array(z.string()).default([]),
  ApiKeySourceType: z.enum(['HEADER', 'AUTHORIZER']).default('HEADER'),
});
const ofApi = { RestApiId: z.string() };
const resourceProperties = z.strictObject({ ...ofApi, ParentId: z.string(), PathPart: z.string() });
const methodProperties = z.strictObject({
  ...ofApi,
  ResourceId: z.string(),
  HttpMethod: z.string(),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']),
  AuthorizerId: z.string().optional(),
  ApiKeyRequired: z.boolean().default(false),
  Integration: z.strictObject({
    Type: z.literal('AWS_PROXY'),
    IntegrationHttpMethod: z.literal('POST'),
    Uri: z.string(),
  }),
});
const authorizerProperties = z.strictObject({
  ...ofApi,
  Name: z.string(),
  Type: z.literal('REQUEST'),
  AuthorizerUri: z.string(),
  AuthorizerResultTtlInSeconds: z.literal(0),
});
const responseProperties = z.strictObject({
  ...ofApi,
  ResponseType: z.string(),
  StatusCode: z.string().optional(),
  ResponseParameters: z.record(z.string(), z.string()).default({}),
  ResponseTemplates: z.record(z.string(), z.string()).default({}),
});
const stageProperties = z.strictObject({ ...ofApi, StageName: z.string() });
const keyProperties = z.strictObject({
  Name: z.string().optional(),
  Value: z.string(),
  Enabled: z.boolean().default(true),
});
const throttle = z.strictObject({
  RateLimit: z.number().optional(),
  BurstLimit: z.number().optional(),
});
const planProperties = z.strictObject({
  UsagePlanName: z.string().optional(),
  ApiStages: z.array(
    z.strictObject({
      ApiId: z.string(),
      Stage: z.string(),
      Throttle: z.record(z.string(), throttle).optional(),
    }),
  ),
  Throttle: throttle.optional(),
});
const planKeyProperties = z.strictObject({
  KeyId: z.string(),
  KeyType: z.literal('API_KEY'),
  UsagePlanId: z.string(),
});

const UNLIMITED = Number.POSITIVE_INFINITY;

/** The REST API with its routes, authorizer, keys and usage plans. */
export function apiProviders(parts: CloudParts): Record<string, Provider> {
  const authorizers = new Map<string, string>();
  const plans = new Map<string, { ratePerSecond: number; burst: number }>();
  return {
    'AWS::ApiGateway::RestApi': async ({ logicalId, properties }) => {
      const { Name, BinaryMediaTypes, ApiKeySourceType } = apiProperties.parse(properties);
      const rootResourceId = `${logicalId}-root`;
      parts.restApis.set(logicalId, {
        id: logicalId,
        name: Name,
        rootResourceId,
        binaryMediaTypes: BinaryMediaTypes,
        apiKeySource: ApiKeySourceType,
        resources: new Map(),
        methods: [],
        gatewayResponses: new Map(),
        stageName: '',
      });
      return { ref: logicalId, attributes: { RootResourceId: rootResourceId } };
    },
    'AWS::ApiGateway::Resource': async ({ logicalId, properties }) => {
      const { RestApiId, ParentId, PathPart } = resourceProperties.parse(properties);
      apiOf(parts, RestApiId).resources.set(logicalId, { parentId: ParentId, pathPart: PathPart });
      return { ref: logicalId };
    },
    'AWS::ApiGateway::Authorizer': async ({ logicalId, properties }) => {
      authorizers.set(logicalId, authorizerProperties.parse(properties).AuthorizerUri);
      return { ref: logicalId, attributes: { AuthorizerId: logicalId } };
    },
    'AWS::ApiGateway::Method': async ({ logicalId, properties }) => {
      const method = methodProperties.parse(properties);
      const authorizer =
        method.AuthorizerId === undefined ? undefined : authorizers.get(method.AuthorizerId);
      apiOf(parts, method.RestApiId).methods.push({
        resourceId: method.ResourceId,
        httpMethod: method.HttpMethod,
        isApiKeyRequired: method.ApiKeyRequired,
        authorizer: authorizer === undefined ? undefined : functionNamed(parts, authorizer),
        target: functionNamed(parts, method.Integration.Uri),
      });
      return { ref: logicalId };
    },
    'AWS::ApiGateway::GatewayResponse': async ({ logicalId, properties }) => {
      const response = responseProperties.parse(properties);
      apiOf(parts, response.RestApiId).gatewayResponses.set(response.ResponseType, {
        statusCode: response.StatusCode === undefined ? undefined : Number(response.StatusCode),
        headers: headersOf(response.ResponseParameters),
        templates: response.ResponseTemplates,
      });
      return { ref: logicalId };
    },
    'AWS::ApiGateway::Stage': async ({ properties }) => {
      const { RestApiId, StageName } = stageProperties.parse(properties);
      apiOf(parts, RestApiId).stageName = StageName;
      return { ref: StageName };
    },
    'AWS::ApiGateway::ApiKey': async ({ logicalId, properties }) => {
      const { Value, Enabled } = keyProperties.parse(properties);
      parts.apiKeys.set(logicalId, {
        id: logicalId,
        value: Value,
        isEnabled: Enabled,
        limits: undefined,
      });
      return { ref: logicalId, attributes: { APIKeyId: logicalId } };
    },
    'AWS::ApiGateway::UsagePlan': async ({ logicalId, properties }) => {
      const { Throttle } = planProperties.parse(properties);
      plans.set(logicalId, {
        ratePerSecond: Throttle?.RateLimit ?? UNLIMITED,
        burst: Throttle?.BurstLimit ?? UNLIMITED,
      });
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
    'AWS::ApiGateway::UsagePlanKey': async ({ logicalId, properties }) => {
      const { KeyId, UsagePlanId } = planKeyProperties.parse(properties);
      const key = parts.apiKeys.get(KeyId);
      if (key === undefined) throw new Error(`There is no API key ${KeyId}`);
      key.limits = plans.get(UsagePlanId);
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  };
}

function apiOf(parts: CloudParts, id: string): RestApi {
  const api = parts.restApis.get(id);
  if (api === undefined) throw new Error(`There is no REST API ${id}`);
  return api;
}

/** `gatewayresponse.header.Name: 'value'`, the value in single quotes as API Gateway wants literals. */
function headersOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const header = /^gatewayresponse\.header\.(.+)$/u.exec(name)?.[1];
    const literal = /^'(.*)'$/u.exec(value)?.[1];
    if (header === undefined || literal === undefined) {
      throw new Error(`The local API Gateway does not understand ${name}: ${value}`);
    }
    headers[header] = literal;
  }
  return headers;
}
