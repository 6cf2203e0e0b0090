import * as z from 'zod';
import { productFactOf } from '../../core/catalogue/product-fact.ts';
import { messageIdOf } from '../../core/mapping/record-call.ts';
import { mapFields, mapRecord, valueAtPath } from '../../core/mapping/record-mapping.ts';
import {
  shopifyCustomerMapping,
  shopifyOrderRecords,
  shopifyProductMapping,
  withAvailability,
} from '../../core/mapping/vendors/shopify.ts';
import {
  type Connector,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
} from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import { askShopify } from './shopify-api.ts';
import { linesQuery, pageQueries, shopifyResources } from './shopify-queries.ts';
import { newestOf, pageHash, positionIn, sinceOf, textTimeMs } from './watermark.ts';

/** One kind of record of a Shopify shop. Secret `accessToken`: an Admin API access token. */
export const shopifyConfig = z.strictObject({
  type: z.literal('shopify'),
  /** `my-shop` of `my-shop.myshopify.com`. */
  shop: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    message: 'expected the name before .myshopify.com, e.g. "my-shop"',
  }),
  resource: z.enum(shopifyResources),
  /** Versions live a year. Source: https://shopify.dev/docs/api/usage/versioning */
  apiVersion: z
    .string()
    .regex(/^\d{4}-(01|04|07|10)$/)
    .default('2026-07'),
  /** Another address than the shop's own, for a proxy in between. */
  apiUrl: z.url().optional(),
});
export type ShopifyConfig = z.infer<typeof shopifyConfig>;

/** A page beyond it costs more than a shop's bucket holds. */
const PAGE_RECORDS_MAX = 50;
/** 10,000 lines; Shopify's own limit for an order is 500. */
const LINE_PAGES_MAX = 100;

const position = z.strictObject({
  v: z.literal(1),
  /** Newest change of the runs that came to their end. */
  watermarkMs: z.number().nullable(),
  /** Newest change seen in the run under way. */
  newestMs: z.number().nullable(),
  /** From when the run under way reads: pages of one query have one filter. */
  sinceMs: z.number().nullable(),
  /** Where the run under way goes on; null between runs. */
  after: z.string().nullable(),
  lastPage: z.string().nullable(),
});
type Position = z.infer<typeof position>;

const start: Position = {
  v: 1,
  watermarkMs: null,
  newestMs: null,
  sinceMs: null,
  after: null,
  lastPage: null,
};

const pageInfo = z.looseObject({
  hasNextPage: z.boolean(),
  endCursor: z.string().nullish(),
});
const connection = z.looseObject({ nodes: z.array(z.looseObject({})), pageInfo });
type Connection = z.infer<typeof connection>;

export function createShopifyConnector(
  config: ShopifyConfig,
  services: ConnectorServices,
): Connector {
  const origin = config.apiUrl ?? `https://${config.shop}.myshopify.com`;
  const url = `${origin.replace(/\/$/, '')}/admin/api/${config.apiVersion}/graphql.json`;
  let first = PAGE_RECORDS_MAX;

  const readPage = async (at: Position, context: ReadContext): Promise<Connection> => {
    for (;;) {
      first = Math.min(first, context.recordsMax);
      const variables = { first, after: at.after, query: filterOf(at.sinceMs) };
      const query = { query: pageQueries[config.resource], variables };
      const answer = await askShopify(url, query, services, context);
      if (answer.kind === 'data') return connectionAt(answer.data, config.resource);
      if (first === 1) throw new SourceRefusedError('Shopify finds even one record too costly.');
      first = Math.ceil(first / 2);
    }
  };

  /** Adds the lines beyond the first page to an order. */
  const withAllLines = async (order: object, context: ReadContext): Promise<object> => {
    const { nodes, pageInfo: info } = connectionAt(order, 'lineItems');
    const lines = [...nodes];
    let { hasNextPage, endCursor } = info;
    for (let pages = 0; hasNextPage; pages += 1) {
      if (pages === LINE_PAGES_MAX) throw new SourceRefusedError('An order has lines without end.');
      const variables = { id: valueAtPath(order, 'id'), after: endCursor };
      const answer = await askShopify(url, { query: linesQuery, variables }, services, context);
      if (answer.kind !== 'data') throw new SourceRefusedError('Shopify finds lines too costly.');
      // Deleted since its page was read: what is known of it stands.
      if (answer.data.order === null) break;
      const page = connectionAt(answer.data, 'order.lineItems');
      if (page.pageInfo.hasNextPage && page.pageInfo.endCursor === endCursor) throw stuck();
      lines.push(...page.nodes);
      ({ hasNextPage, endCursor } = page.pageInfo);
    }
    return { ...order, lineItems: { nodes: lines } };
  };

  return {
    async read(cursor, context): Promise<PulledPage> {
      const stored = positionIn(position, cursor, start);
      const at =
        stored.after === null
          ? { ...stored, sinceMs: sinceOf(stored.watermarkMs, context.overlapMs) }
          : stored;
      const { nodes, pageInfo: info } = await readPage(at, context);
      const lastPage = pageHash(nodes, at.lastPage);
      const times = nodes.map((node) => textTimeMs(node.updatedAt));
      const newestMs = newestOf(at.newestMs ?? at.watermarkMs, times, services.nowMs());
      const after = info.endCursor ?? null;
      if (info.hasNextPage && (after === null || after === at.after)) throw stuck();
      const records: object[] = [];
      for (const node of nodes) {
        records.push(config.resource === 'orders' ? await withAllLines(node, context) : node);
      }
      return {
        ...contentOf(config, records, services.nowMs()),
        recordCount: nodes.length,
        isEnd: !info.hasNextPage,
        next: info.hasNextPage
          ? { ...at, newestMs, after, lastPage }
          : { ...start, watermarkMs: newestMs },
      };
    },
  };
}

/** Source: https://shopify.dev/docs/api/usage/search-syntax */
function filterOf(sinceMs: number | null): string | null {
  return sinceMs === null ? null : `updated_at:>='${new Date(sinceMs).toISOString()}'`;
}

function contentOf(
  { shop, resource }: ShopifyConfig,
  records: readonly object[],
  nowMs: number,
): Pick<PulledPage, 'calls' | 'products'> {
  const namespace = `shopify ${shop} ${resource}`;
  switch (resource) {
    case 'orders':
      return {
        calls: records.flatMap(shopifyOrderRecords).map(({ mapping, record, id, version }) => ({
          ...mapRecord(mapping, record),
          messageId: messageIdOf(namespace, id, version),
        })),
      };
    case 'customers':
      return {
        calls: records.map((record) => ({
          ...mapRecord(shopifyCustomerMapping, record),
          messageId: messageIdOf(namespace, String(valueAtPath(record, 'id')), [
            valueAtPath(record, 'updatedAt') ?? null,
          ]),
        })),
      };
    case 'products':
      return {
        calls: [],
        products: records.flatMap(
          (record) =>
            productFactOf(
              mapFields(shopifyProductMapping.fields, withAvailability(record)),
              nowMs,
            ) ?? [],
        ),
      };
  }
}

function connectionAt(record: unknown, path: string): Connection {
  const parsed = connection.safeParse(valueAtPath(record, path));
  if (parsed.success) return parsed.data;
  throw new SourceRefusedError(`Shopify's answer has no list at "${path}".`);
}

function stuck(): SourceRefusedError {
  return new SourceRefusedError('The cursor to the next page does not advance.');
}
