import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type Engine, ServiceError } from './json-service.ts';

/** One XML element's content: text, or elements in order; a list is `{member: […]}`. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };

/** One operation: the parameters it knows, and what it does with them. */
export interface QueryOperation {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly handle: (parameter: (name: string) => string) => XmlNode;
}

type Operations = Readonly<Record<string, QueryOperation>>;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The largest request of a service that speaks AWS Query is a message of 256 KB, percent-encoded. */
const REQUEST_BYTES_MAX = 1024 * 1024;

/**
 * Serves a service that speaks AWS Query, form parameters in and XML out, on a free port of 127.0.0.1.
 * A parameter that an operation doesn't know is refused.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export async function startQueryService(
  xmlNamespace: string,
  operations: Operations,
): Promise<Engine> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) {
      response.destroy();
      return;
    }
    const answer = answerTo(new URLSearchParams(body), xmlNamespace, operations);
    response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) throw new Error('The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerTo(
  parameters: URLSearchParams,
  xmlNamespace: string,
  operations: Operations,
): Answer {
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

function failure(error: unknown, xmlNamespace: string): Answer {
  const isService = error instanceof ServiceError;
  const message = error instanceof Error ? error.message : String(error);
  return answer(isService ? error.status : 500, 'ErrorResponse', xmlNamespace, {
    Error: {
      Type: isService ? 'Sender' : 'Receiver',
      Code: isService ? error.name : 'InternalFailure',
      Message: message,
    },
    RequestId: randomUUID(),
  });
}

function answer(status: number, root: string, xmlNamespace: string, node: XmlNode): Answer {
  return {
    status,
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
