import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type ResourceKind, type ResourcePlace, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import type { CloudParts } from './cloud-parts.ts';
import { functionArnIn, integrationOf, methodProperties } from './rest-api-methods.ts';

const apiProperties = z.strictObject({
  Name: z.string(),
  ApiKeySourceType: z.enum(['HEADER', 'AUTHORIZER']).default('HEADER'),
  BinaryMediaTypes: z.array(z.string()).default([]),
});
const resourceProperties = z.strictObject({
  RestApiId: z.string(),
  ParentId: z.string(),
  PathPart: z.string().min(1),
});
const authorizerProperties = z.strictObject({
  RestApiId: z.string(),
  Name: z.string(),
  Type: z.literal('REQUEST'),
  AuthorizerUri: z.string(),
  IdentitySource: z.string().default(''),
  AuthorizerResultTtlInSeconds: z.coerce.number().int().min(0).max(3600).default(300),
});
/** Headers may only be constants, `'…'`; a value taken from the request is not built. */
const constantHeader = z
  .string()
  .regex(/^'.*'$/u, 'must be a constant in single quotes')
  .transform((value) => value.slice(1, -1));
const gatewayResponseProperties = z.strictObject({
  RestApiId: z.string(),
  ResponseType: z.string(),
  StatusCode: z.coerce.number().int().optional(),
  ResponseParameters: z
    .record(z.string().startsWith('gatewayresponse.header.'), constantHeader)
    .default({}),
  ResponseTemplates: z.strictObject({ 'application/json': z.string().optional() }).default({}),
});
const deploymentProperties = z.strictObject({ RestApiId: z.string() });
const stageProperties = z.strictObject({
  RestApiId: z.string(),
  DeploymentId: z.string(),
  StageName: z.string(),
  Variables: z.record(z.string(), z.string()).default({}),
  MethodSettings: z
    .array(
      z.strictObject({
        HttpMethod: z.literal('*'),
        ResourcePath: z.literal('/*'),
        ThrottlingRateLimit: z.coerce.number().optional(),
        ThrottlingBurstLimit: z.coerce.number().optional(),
      }),
    )
    .default([]),
});
const keyProperties = z.strictObject({
  Name: z.string().optional(),
  Enabled: z.boolean().default(false),
  Value: z.string().min(20, 'must have 20 characters or more').max(128),
});
const planProperties = z.strictObject({
  UsagePlanName: z.string().optional(),
  ApiStages: z
    .array(
      z.strictObject({
        ApiId: z.string(),
        Stage: z.string(),
        /** Limits of single methods are not built. */
        Throttle: z.strictObject({}).optional(),
      }),
    )
    .default([]),
  Throttle: z
    .strictObject({
      RateLimit: z.coerce.number().optional(),
      BurstLimit: z.coerce.number().optional(),
    })
    .default({}),
  Quota: z
    .strictObject({ Limit: z.coerce.number().int(), Period: z.enum(['DAY', 'WEEK', 'MONTH']) })
    .optional(),
});
const planKeyProperties = z.strictObject({
  KeyId: z.string(),
  KeyType: z.literal('API_KEY'),
  UsagePlanId: z.string(),
});

/** REST APIs, their keys and usage plans. */
export function restApiKinds(parts: CloudParts): ResourceKind[] {
  return [...routeKinds(parts), ...stageKinds(parts), ...accessKinds(parts)];
}

function routeKinds({ api: model }: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::ApiGateway::RestApi', apiProperties, (properties, place) => {
      const id = idOf(place);
      const rootId = `${id}root`;
      model.apis.set(id, {
        id,
        name: properties.Name,
        apiKeySource: properties.ApiKeySourceType,
        binaryMediaTypes: properties.BinaryMediaTypes,
        resources: new Map([[rootId, { id: rootId, parentId: undefined, pathPart: '' }]]),
        methods: [],
        authorizers: new Map(),
        gatewayResponses: new Map(),
        stages: [],
      });
      return { ref: id, attributes: { RootResourceId: rootId, RestApiId: id } };
    }),
    resourceKind('AWS::ApiGateway::Resource', resourceProperties, (properties, place) => {
      const id = idOf(place);
      const { ParentId: parentId, PathPart: pathPart } = properties;
      model.api(properties.RestApiId).resources.set(id, { id, parentId, pathPart });
      return { ref: id, attributes: { ResourceId: id } };
    }),
    resourceKind('AWS::ApiGateway::Method', methodProperties, (properties, place) => {
      model.api(properties.RestApiId).methods.push({
        resourceId: properties.ResourceId,
        httpMethod: properties.HttpMethod,
        requiresApiKey: properties.ApiKeyRequired,
        authorizerId:
          properties.AuthorizationType === 'CUSTOM' ? properties.AuthorizerId : undefined,
        requiresIam: properties.AuthorizationType === 'AWS_IAM',
        integration: integrationOf(properties.Integration),
      });
      return { ref: idOf(place) };
    }),
  ];
}

function stageKinds({ api: model }: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::ApiGateway::Deployment', deploymentProperties, (_, place) => {
      const id = idOf(place);
      return { ref: id, attributes: { DeploymentId: id } };
    }),
    resourceKind('AWS::ApiGateway::Stage', stageProperties, (properties) => {
      const [settings] = properties.MethodSettings;
      model.api(properties.RestApiId).stages.push({
        name: properties.StageName,
        variables: properties.Variables,
        throttle: {
          ratePerSecond: settings?.ThrottlingRateLimit,
          burst: settings?.ThrottlingBurstLimit,
        },
      });
      return { ref: properties.StageName };
    }),
    resourceKind(
      'AWS::ApiGateway::GatewayResponse',
      gatewayResponseProperties,
      (properties, place) => {
        const { ResponseType: type, StatusCode: status, ResponseTemplates } = properties;
        const headers = Object.entries(properties.ResponseParameters).map(([key, value]) => [
          key.slice('gatewayresponse.header.'.length),
          value,
        ]);
        model.api(properties.RestApiId).gatewayResponses.set(type, {
          type,
          status,
          headers: Object.fromEntries(headers),
          template: ResponseTemplates['application/json'],
        });
        return { ref: idOf(place) };
      },
    ),
  ];
}

function accessKinds({ api: model }: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::ApiGateway::Authorizer', authorizerProperties, (properties, place) => {
      const id = idOf(place);
      model.api(properties.RestApiId).authorizers.set(id, {
        id,
        functionArn: functionArnIn(properties.AuthorizerUri),
        identitySources: properties.IdentitySource.split(',').flatMap(
          (source) => source.trim() || [],
        ),
        resultTtlSeconds: properties.AuthorizerResultTtlInSeconds,
      });
      return { ref: id, attributes: { AuthorizerId: id } };
    }),
    resourceKind('AWS::ApiGateway::ApiKey', keyProperties, ({ Value, Enabled }, place) => {
      const id = idOf(place);
      model.keys.set(id, { id, value: Value, isEnabled: Enabled });
      return { ref: id, attributes: { APIKeyId: id } };
    }),
    resourceKind('AWS::ApiGateway::UsagePlan', planProperties, (properties, place) => {
      const id = idOf(place);
      const { ApiStages, Quota, Throttle } = properties;
      model.usagePlans.set(id, {
        id,
        stages: ApiStages.map(({ ApiId, Stage }) => ({ apiId: ApiId, stage: Stage })),
        throttle: { ratePerSecond: Throttle.RateLimit, burst: Throttle.BurstLimit },
        quota: Quota && { limit: Quota.Limit, period: Quota.Period },
        keyIds: new Set(),
      });
      return { ref: id, attributes: { Id: id } };
    }),
    resourceKind('AWS::ApiGateway::UsagePlanKey', planKeyProperties, (properties, place) => {
      const plan = model.usagePlans.get(properties.UsagePlanId);
      if (plan === undefined)
        throw new TemplateError(`There is no plan ${properties.UsagePlanId}.`);
      plan.keyIds.add(properties.KeyId);
      return { ref: idOf(place) };
    }),
  ];
}

/** Ten characters as AWS gives them, the same at every start. */
function idOf({ physicalName }: ResourcePlace): string {
  const hash = createHash('sha256').update(physicalName).digest();
  return hash.readBigUInt64BE(0).toString(36).padStart(10, '0').slice(-10);
}
