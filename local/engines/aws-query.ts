import { randomUUID } from 'node:crypto';
import { ServiceError } from './aws-json.ts';
import type { LoopbackAnswer, LoopbackHandler } from './loopback-server.ts';

/** One XML element's content: text, or elements in order; a list is `{member: […]}`. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };

/** One operation: the parameters it knows, and what it does with them. */
export interface QueryOperation {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly handle: (parameter: (name: string) => string) => XmlNode;
}

/**
 * A service that speaks AWS Query: form parameters in, XML out. A parameter that an operation
 * doesn't know is refused. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function awsQueryHandler(
  xmlNamespace: string,
  operations: Readonly<Record<string, QueryOperation>>,
): LoopbackHandler {
  return async ({ body }) => {
    const parameters = new URLSearchParams(body.toString('utf8'));
    const action = parameters.get('Action') ?? '';
    const found = Object.hasOwn(operations, action) ? operations[action] : undefined;
    try {
      if (found === undefined) {
        throw new ServiceError(
          'InvalidAction',
          `${action || 'A request without Action'} isn't implemented by the local cloud; it has ${Object.keys(operations).join(', ')}.`,
        );
      }
      const result = perform(found, parameters);
      return answer(200, `${action}Response`, xmlNamespace, {
        [`${action}Result`]: result,
        ResponseMetadata: { RequestId: randomUUID() },
      });
    } catch (error) {
      return failure(error, xmlNamespace);
    }
  };
}

/** An optional parameter that isn't there reads as the empty string. */
function perform(operation: QueryOperation, parameters: URLSearchParams): XmlNode {
  for (const name of operation.required) {
    if (parameters.has(name)) continue;
    throw new ServiceError('InvalidParameter', `Invalid parameter: ${name} is required`);
  }
  const known = ['Action', 'Version', ...operation.required, ...operation.optional];
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue;
    throw new ServiceError(
      'InvalidParameter',
      `The parameter ${name} isn't implemented by the local cloud.`,
    );
  }
  return operation.handle((name) => parameters.get(name) ?? '');
}

function failure(error: unknown, xmlNamespace: string): LoopbackAnswer {
  const isService = error instanceof ServiceError;
  const message = error instanceof Error ? error.message : String(error);
  return answer(isService ? error.status : 500, 'ErrorResponse', xmlNamespace, {
    Error: {
      Type: isService ? 'Sender' : 'Receiver',
      Code: isService ? error.code : 'InternalFailure',
      Message: message,
    },
    RequestId: randomUUID(),
  });
}

function answer(status: number, root: string, xmlNamespace: string, node: XmlNode): LoopbackAnswer {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<${root} xmlns="${xmlNamespace}">${xmlOf(node)}</${root}>`,
  };
}

function xmlOf(node: XmlNode): string {
  if (typeof node === 'string') return escapeXml(node);
  return Object.entries(node)
    .flatMap(([name, value]) => [value].flat().map((child) => `<${name}>${xmlOf(child)}</${name}>`))
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
