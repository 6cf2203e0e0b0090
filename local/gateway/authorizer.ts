import * as z from 'zod';

/** What an authorizer's answer means for one request. */
export type Authorization =
  | {
      readonly kind: 'allowed';
      readonly principalId: string;
      readonly context: Readonly<Record<string, unknown>>;
      readonly usageIdentifierKey: string | undefined;
    }
  | { readonly kind: 'denied'; readonly message: string | undefined }
  /** The answer has a wrong form: the API's own mistake, answered with 500. */
  | { readonly kind: 'malformed' };

const stringOrList = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat());
const authorizerResponse = z.looseObject({
  principalId: z.string(),
  policyDocument: z.looseObject({
    Statement: z.preprocess(
      (value) => [value].flat(),
      z.array(
        z.strictObject({
          Sid: z.string().optional(),
          Effect: z.enum(['Allow', 'Deny']),
          Action: stringOrList,
          Resource: stringOrList,
        }),
      ),
    ),
  }),
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  usageIdentifierKey: z.string().nullish(),
});

/**
 * Judges an authorizer's answer, JSON, for a method's ARN: an explicit deny wins, then an allow.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function judge(payload: string, methodArn: string): Authorization {
  const parsed = authorizerResponse.safeParse(JSON.parse(payload));
  if (!parsed.success) return { kind: 'malformed' };
  const { principalId, policyDocument, context = {}, usageIdentifierKey } = parsed.data;
  const applying = policyDocument.Statement.filter(
    ({ Action, Resource }) =>
      Action.some((pattern) => matches(pattern, 'execute-api:Invoke')) &&
      Resource.some((pattern) => matches(pattern, methodArn)),
  );
  if (applying.some(({ Effect }) => Effect === 'Deny')) {
    return {
      kind: 'denied',
      message: 'User is not authorized to access this resource with an explicit deny',
    };
  }
  if (applying.length === 0) return { kind: 'denied', message: undefined };
  return {
    kind: 'allowed',
    principalId,
    // API Gateway hands every value on as a string.
    context: Object.fromEntries(
      Object.entries(context).map(([key, value]) => [key, String(value)]),
    ),
    usageIdentifierKey: usageIdentifierKey ?? undefined,
  };
}

/** `*` any run of characters, `?` any one. */
function matches(pattern: string, value: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'iu').test(value);
}
