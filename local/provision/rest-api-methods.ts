import * as z from 'zod';
import type { ApiIntegration } from '../gateway/rest-api.ts';
import { TemplateError } from '../template/template-error.ts';

/** 29 s, API Gateway's default and, without a raised quota, its maximum. */
const INTEGRATION_MS_MAX = 29_000;

const timeout = z.coerce.number().int().min(50).max(INTEGRATION_MS_MAX).default(INTEGRATION_MS_MAX);
const proxyIntegration = z.strictObject({
  Type: z.literal('AWS_PROXY'),
  IntegrationHttpMethod: z.literal('POST'),
  Uri: z.string(),
  TimeoutInMillis: timeout,
});
/** One constant answer, as the CDK's preflight methods have it. */
const mockIntegration = z.strictObject({
  Type: z.literal('MOCK'),
  RequestTemplates: z.record(z.string(), z.string()).optional(),
  IntegrationResponses: z
    .array(
      z.strictObject({
        StatusCode: z.coerce.number().int(),
        ResponseParameters: z.record(z.string(), z.string()).default({}),
        ResponseTemplates: z.record(z.string(), z.string()).default({}),
      }),
    )
    .length(1),
});

export const methodProperties = z.strictObject({
  RestApiId: z.string(),
  ResourceId: z.string(),
  HttpMethod: z.string(),
  AuthorizationType: z.enum(['NONE', 'CUSTOM', 'AWS_IAM']),
  AuthorizerId: z.string().optional(),
  ApiKeyRequired: z.boolean().default(false),
  Integration: z.discriminatedUnion('Type', [proxyIntegration, mockIntegration]),
  /** What a mock's answer may hold; the answer itself is the integration's. */
  MethodResponses: z.array(z.looseObject({ StatusCode: z.coerce.string() })).optional(),
});

export function integrationOf(
  integration: z.infer<typeof methodProperties>['Integration'],
): ApiIntegration {
  if (integration.Type === 'AWS_PROXY') {
    const functionArn = functionArnIn(integration.Uri);
    return { kind: 'lambda', functionArn, timeoutMs: integration.TimeoutInMillis };
  }
  const [response] = integration.IntegrationResponses;
  const headers = Object.entries(response?.ResponseParameters ?? {}).map(([key, value]) => [
    key.replace('method.response.header.', ''),
    constant(value),
  ]);
  return {
    kind: 'mock',
    status: response?.StatusCode ?? 200,
    headers: Object.fromEntries(headers),
    body: response?.ResponseTemplates['application/json'] ?? '',
  };
}

/** The function in `arn:…:apigateway:…:lambda:path/2015-03-31/functions/<ARN>/invocations`. */
export function functionArnIn(uri: string): string {
  const arn = /\/functions\/(.+)\/invocations$/u.exec(uri)?.[1];
  if (arn !== undefined) return arn;
  throw new TemplateError(`${uri} does not name a function.`);
}

function constant(value: string): string {
  const text = /^'(.*)'$/u.exec(value)?.[1];
  if (text !== undefined) return text;
  throw new TemplateError(`${value} is not a constant; a mock's headers must be.`);
}
