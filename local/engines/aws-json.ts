import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { LoopbackAnswer, LoopbackHandler } from './loopback-server.ts';

/** A service's own error, with the name that the SDK turns into the exception's. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** One operation: its input, strictly (an unknown member is refused, not ignored), and what it does. */
export interface Operation {
  handle(input: unknown): Promise<unknown>;
}

export function operation<Input extends z.ZodType>(
  schema: Input,
  handle: (input: z.infer<Input>) => unknown,
): Operation {
  return {
    async handle(raw) {
      const parsed = schema.safeParse(raw);
      if (parsed.success) return handle(parsed.data);
      throw new ServiceError('ValidationException', z.prettifyError(parsed.error));
    },
  };
}

/** What an injected fault does to a request before the service sees it. */
export type Interception = 'destroy' | 'hang' | ServiceError | undefined;

export type Intercept = (
  operation: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string | undefined>>,
) => Interception;

/**
 * A service that speaks AWS JSON 1.0: `X-Amz-Target: <prefix>.<Operation>`, JSON in, JSON out, times
 * as epoch seconds. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function awsJsonHandler(
  targetPrefix: string,
  operations: Readonly<Record<string, Operation>>,
  intercept: Intercept = () => undefined,
): LoopbackHandler {
  return async ({ headers, body }) => {
    const target = headers['x-amz-target'] ?? '';
    const name = target.startsWith(`${targetPrefix}.`) ? target.slice(targetPrefix.length + 1) : '';
    const interception = intercept(name, body, headers);
    if (interception instanceof ServiceError) return failure(interception);
    if (interception !== undefined) return interception;
    const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
    try {
      if (found === undefined) {
        throw new ServiceError(
          'UnknownOperationException',
          `${target || 'A request without X-Amz-Target'} isn't implemented by the local cloud; it has ${Object.keys(operations).join(', ')}.`,
        );
      }
      return answer(200, (await found.handle(parse(body))) ?? {});
    } catch (error) {
      return failure(error);
    }
  };
}

/** Epoch seconds with milliseconds, the protocol's form of a time. */
export function epochSeconds(timeMs: number): number {
  return timeMs / 1000;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new ServiceError('SerializationException', 'The body is no JSON.');
  }
}

function failure(error: unknown): LoopbackAnswer {
  if (error instanceof ServiceError) {
    const document = { __type: error.code, message: error.message };
    return answer(error.status, document, { 'x-amzn-query-error': `${error.code};Sender` });
  }
  const message = error instanceof Error ? error.message : String(error);
  return answer(500, { __type: 'InternalFailure', message });
}

function answer(status: number, document: unknown, headers = {}): LoopbackAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-requestid': randomUUID(),
      ...headers,
    },
    body: JSON.stringify(document),
  };
}
