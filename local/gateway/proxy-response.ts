import * as z from 'zod';
import { matchesMediaType } from './proxy-event.ts';

/** What goes back to the client. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const headerValue = z.union([z.string(), z.number(), z.boolean()]);
const proxyResponse = z.looseObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), headerValue.nullish()).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(headerValue)).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * The client's answer from a function's, JSON; undefined for one in a wrong form, which API Gateway
 * answers with 502.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function answerOf(
  payload: string,
  accept: string | undefined,
  binaryMediaTypes: readonly string[],
): HttpAnswer | undefined {
  const parsed = proxyResponse.safeParse(JSON.parse(payload));
  if (!parsed.success) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = parsed.data;
  const combined: Record<string, string | string[]> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== null && value !== undefined) combined[passedOn(name)] = String(value);
  }
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
    combined[passedOn(name)] = values.map(String);
  }
  // Base64 is undone only for clients that accept a binary type, or where every type is binary.
  const isDecoded =
    isBase64Encoded === true && matchesMediaType(accept?.split(',')[0] ?? '', binaryMediaTypes);
  return {
    status: statusCode,
    headers: combined,
    body: Buffer.from(body ?? '', isDecoded ? 'base64' : 'utf8'),
  };
}

/** Headers that are the gateway's own: a function's value arrives under another name. */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'host',
  'server',
  'transfer-encoding',
  'www-authenticate',
]);

/** Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html */
function passedOn(name: string): string {
  const lower = name.toLowerCase();
  return REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower;
}
