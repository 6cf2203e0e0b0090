import type { ApiMethod, ApiResource, RestApi } from './rest-api.ts';

/** A method found for a request, and what the path says. */
export interface MatchedRoute {
  readonly method: ApiMethod;
  /** The resource's path as the template draws it: `/v1/blocks/{placement}`. */
  readonly resourcePath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly resource: ApiResource;
  readonly path: string;
  readonly words: Map<string, Node>;
  parameter: Node | undefined;
  greedy: Node | undefined;
  readonly methods: Map<string, ApiMethod>;
}

/** The routes of an API: a word wins over `{name}`, that over `{name+}`, as in API Gateway. */
export class Routes {
  readonly #root: Node;

  constructor(api: RestApi) {
    const nodes = new Map<string, Node>();
    const root = [...api.resources.values()].find(({ parentId }) => parentId === undefined);
    if (root === undefined) throw new Error(`The REST API ${api.id} has no root.`);
    this.#root = nodeOf(root, '/');
    nodes.set(root.id, this.#root);
    addChildren(this.#root, api, nodes);
    for (const method of api.methods) {
      nodes.get(method.resourceId)?.methods.set(method.httpMethod, method);
    }
  }

  /** Undefined when no resource, or no method of it, takes the request. `segments` are not decoded. */
  match(httpMethod: string, segments: readonly string[]): MatchedRoute | undefined {
    return find(this.#root, httpMethod, segments, {});
  }
}

function addChildren(node: Node, api: RestApi, nodes: Map<string, Node>): void {
  for (const resource of api.resources.values()) {
    if (resource.parentId !== node.resource.id) continue;
    const { pathPart } = resource;
    const child = nodeOf(resource, `${node.path === '/' ? '' : node.path}/${pathPart}`);
    nodes.set(resource.id, child);
    if (pathPart.endsWith('+}')) node.greedy = child;
    else if (pathPart.startsWith('{')) node.parameter = child;
    else node.words.set(pathPart, child);
    addChildren(child, api, nodes);
  }
}

function nodeOf(resource: ApiResource, path: string): Node {
  return {
    resource,
    path,
    words: new Map(),
    parameter: undefined,
    greedy: undefined,
    methods: new Map(),
  };
}

function find(
  node: Node,
  httpMethod: string,
  segments: readonly string[],
  parameters: Readonly<Record<string, string>>,
): MatchedRoute | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    const method = node.methods.get(httpMethod) ?? node.methods.get('ANY');
    if (method === undefined) return undefined;
    return { method, resourcePath: node.path, pathParameters: parameters };
  }
  const word = node.words.get(segment);
  const byWord = word === undefined ? undefined : find(word, httpMethod, rest, parameters);
  if (byWord !== undefined) return byWord;
  if (node.parameter !== undefined && segment !== '') {
    const named = { ...parameters, [parameterName(node.parameter)]: decoded(segment) };
    const found = find(node.parameter, httpMethod, rest, named);
    if (found !== undefined) return found;
  }
  if (node.greedy === undefined) return undefined;
  const value = segments.map(decoded).join('/');
  return find(node.greedy, httpMethod, [], { ...parameters, [parameterName(node.greedy)]: value });
}

function parameterName({ resource }: Node): string {
  return resource.pathPart.replace(/^\{|\+?\}$/gu, '');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
