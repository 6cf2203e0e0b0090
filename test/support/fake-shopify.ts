import * as z from 'zod';
import type { Vendor, VendorAnswer } from './vendor-api-server.ts';

export const SHOPIFY_TOKEN = 'shpat_0123456789abcdef';

type Node = Record<string, unknown> & { id: string; updatedAt: string };
interface Line {
  readonly id: string;
}
export type FakeOrder = Node & { lineItems: { nodes: Line[] } };

export interface FakeShop {
  readonly orders: FakeOrder[];
  readonly customers: Node[];
  readonly products: Node[];
  /** More records of one query cost too much. */
  firstMax: number;
}

const request = z.object({
  query: z.string(),
  variables: z.looseObject({
    first: z.number().optional(),
    after: z.string().nullish(),
    query: z.string().nullish(),
    id: z.string().optional(),
  }),
});

/** The Admin API over a shop's records: sorted by change, filtered by it, with pages of lines in pages of orders. */
export function fakeShopify(shop: FakeShop): Vendor {
  return ({ headers, url, text }) => {
    if (headers['x-shopify-access-token'] !== SHOPIFY_TOKEN) return { status: 401, body: {} };
    if (!/^\/admin\/api\/\d{4}-\d{2}\/graphql\.json$/.test(url.pathname)) {
      return { status: 404, body: {} };
    }
    const { query, variables } = request.parse(JSON.parse(text));
    if (variables.id !== undefined) return moreLines(shop, query, variables.id, variables.after);
    const resource = /\b(orders|customers|products)\(/.exec(query)?.[1];
    if (resource !== 'orders' && resource !== 'customers' && resource !== 'products') {
      return { body: { errors: [{ message: 'no such field' }] } };
    }
    const first = variables.first ?? 0;
    if (first > shop.firstMax) return tooCostly;
    const { nodes, pageInfo } = pageOf(
      shop[resource].filter(isSince(variables.query)).toSorted(byChange),
      first,
      variables.after,
    );
    const linesMax = Number(/lineItems\(first: (\d+)\)/.exec(query)?.[1] ?? 0);
    const shown =
      resource === 'orders' ? shop.orders.filter((order) => nodes.includes(order)) : undefined;
    const withLines = shown
      ?.toSorted(byChange)
      .map((order) => ({ ...order, lineItems: pageOf(order.lineItems.nodes, linesMax, null) }));
    return { body: { data: { [resource]: { nodes: withLines ?? nodes, pageInfo } } } };
  };
}

const tooCostly: VendorAnswer = {
  body: { errors: [{ message: 'too costly', extensions: { code: 'MAX_COST_EXCEEDED' } }] },
};

function moreLines(
  { orders }: FakeShop,
  query: string,
  id: string,
  after: string | null | undefined,
): VendorAnswer {
  const order = orders.find((each) => each.id === id);
  const first = Number(/lineItems\(first: (\d+),/.exec(query)?.[1] ?? 0);
  const lineItems = pageOf(order?.lineItems.nodes ?? [], first, after);
  return { body: { data: { order: order === undefined ? null : { lineItems } } } };
}

function byChange(a: Node, b: Node): number {
  return Date.parse(a.updatedAt) - Date.parse(b.updatedAt) || (a.id < b.id ? -1 : 1);
}

function isSince(filter: string | null | undefined): (node: Node) => boolean {
  if (filter === null || filter === undefined) return () => true;
  const since = /^updated_at:>='([^']+)'$/.exec(filter)?.[1];
  if (since === undefined) throw new Error(`no filter: ${filter}`);
  return ({ updatedAt }) => Date.parse(updatedAt) >= Date.parse(since);
}

/** A cursor names the record that the page before ended with. */
function pageOf<T extends { readonly id: string; readonly updatedAt?: string }>(
  all: readonly T[],
  first: number,
  after: string | null | undefined,
) {
  const cursorOf = (node: T | undefined) => (node === undefined ? null : node.id);
  const begin = after ? all.findIndex((node) => node.id === after) + 1 : 0;
  const nodes = all.slice(begin, begin + first);
  const hasNextPage = begin + first < all.length;
  return { nodes, pageInfo: { hasNextPage, endCursor: cursorOf(nodes.at(-1)) } };
}
