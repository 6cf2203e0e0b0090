import * as z from 'zod';
import type { LambdaFunction } from '../lambda/lambda-function.ts';
import type { ApiKey } from './rest-api.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** What a REQUEST authorizer answers: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html */
const authorizerAnswer = z.object({
  principalId: z.string(),
  policyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.enum(['Allow', 'Deny']),
        Action: z.union([z.string(), z.array(z.string())]),
        Resource: z.union([z.string(), z.array(z.string())]),
      }),
    ),
  }),
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  usageIdentifierKey: z.string().optional(),
});

/** Which of API Gateway's own answers a refused request gets. */
export type Refusal =
  | 'UNAUTHORIZED'
  | 'ACCESS_DENIED'
  | 'AUTHORIZER_FAILURE'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'INVALID_API_KEY'
  | 'THROTTLED';

export type Authorization =
  | {
      readonly allowed: true;
      readonly authorizer: Record<string, unknown>;
      readonly apiKeyId: string | undefined;
    }
  | { readonly allowed: false; readonly refusal: Refusal };

export interface AuthorizationRequest {
  readonly authorizer: LambdaFunction | undefined;
  readonly isApiKeyRequired: boolean;
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
  readonly methodArn: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly apiKeyHeader: string | undefined;
  readonly apiKeys: readonly ApiKey[];
  readonly buckets: TokenBuckets;
}

/** Runs the authorizer, then checks the API key and its usage plan, in API Gateway's order. */
export async function authorize(request: AuthorizationRequest): Promise<Authorization> {
  let keyValue = request.apiKeyHeader;
  let context: Record<string, unknown> = {};
  if (request.authorizer !== undefined) {
    const answer = await askAuthorizer(request.authorizer, request);
    if (typeof answer === 'string') return { allowed: false, refusal: answer };
    context = { principalId: answer.principalId, ...answer.context };
    if (request.apiKeySource === 'AUTHORIZER') keyValue = answer.usageIdentifierKey;
  }
  if (!request.isApiKeyRequired) return { allowed: true, authorizer: context, apiKeyId: undefined };
  const key = request.apiKeys.find(({ value, isEnabled }) => isEnabled && value === keyValue);
  // A key outside every usage plan opens nothing.
  if (key?.limits === undefined) return { allowed: false, refusal: 'INVALID_API_KEY' };
  if (!request.buckets.take(key.id, key.limits)) return { allowed: false, refusal: 'THROTTLED' };
  return { allowed: true, authorizer: context, apiKeyId: key.id };
}

async function askAuthorizer(
  authorizer: LambdaFunction,
  { event, methodArn }: AuthorizationRequest,
): Promise<z.infer<typeof authorizerAnswer> | Refusal> {
  const result = await authorizer.invoke(JSON.stringify({ ...event, type: 'REQUEST', methodArn }));
  if (result.functionError !== undefined) {
    // The one error message that API Gateway turns into a 401.
    return errorMessageOf(result.payload) === 'Unauthorized'
      ? 'UNAUTHORIZED'
      : 'AUTHORIZER_FAILURE';
  }
  const parsed = authorizerAnswer.safeParse(JSON.parse(result.payload));
  if (!parsed.success) return 'AUTHORIZER_CONFIGURATION_ERROR';
  return allows(parsed.data.policyDocument.Statement, methodArn) ? parsed.data : 'ACCESS_DENIED';
}

function allows(
  statements: readonly { Effect: string; Resource: string | string[] }[],
  methodArn: string,
): boolean {
  const applying = statements.filter(({ Resource }) =>
    [Resource].flat().some((pattern) => matches(pattern, methodArn)),
  );
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}

function matches(pattern: string, arn: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'u').test(arn);
}

function errorMessageOf(payload: string): string {
  return (
    z.object({ errorMessage: z.string() }).safeParse(JSON.parse(payload)).data?.errorMessage ?? ''
  );
}
