import type { CollectedEvent } from '../events/event.ts';
import { identityRef } from '../identity/identity-key.ts';
import { type EventProduct, productOf, productsOf } from '../profile/event-products.ts';
import { currencyOf } from '../profile/money.ts';
import { fieldsOf, numberOf, textOf } from '../profile/untyped-value.ts';

/**
 * The curated tables: what people ask of events, one flat column each, so that a query needs no JSON
 * and reads only the columns it names. Files, table definitions and documentation all come from these
 * lists. A column is only ever added at the end.
 */
export type ColumnType = 'string' | 'integer' | 'double' | 'timestamp';
export type ColumnValue = string | number | Date | undefined;

export interface CuratedColumn<Row> {
  /** Lower case with underscores, as SQL engines agree on. */
  readonly name: string;
  readonly type: ColumnType;
  readonly description: string;
  readonly of: (row: Row) => ColumnValue;
}

/** One product that an event names, with the event around it. */
export interface ProductRow {
  readonly event: CollectedEvent;
  readonly product: EventProduct;
  readonly position: number;
}

/** Longer texts are of no use in a column; the raw event has them whole. */
const TEXT_LENGTH_MAX = 1_000;

const property = (name: string) => (event: CollectedEvent) =>
  textOf(event.properties?.[name], TEXT_LENGTH_MAX);
const amount = (name: string) => (event: CollectedEvent) => numberOf(event.properties?.[name]);
const json = (value: object | undefined) =>
  value === undefined ? undefined : JSON.stringify(value);
const customerOf = (event: CollectedEvent) => {
  const [strongest] = event.identities;
  return strongest === undefined ? undefined : identityRef(strongest);
};
const occurredAt = (event: CollectedEvent) => new Date(event.timestamp);

/** `curated/events/`: a row an event. */
export const eventColumns: readonly CuratedColumn<CollectedEvent>[] = [
  {
    name: 'message_id',
    type: 'string',
    description: 'Id of the event; once a day at most',
    of: (event) => event.messageId,
  },
  {
    name: 'type',
    type: 'string',
    description: 'track, identify, page, screen, group or alias',
    of: (event) => event.type,
  },
  {
    name: 'event',
    type: 'string',
    description: 'Name of a track call, e.g. Order Completed',
    of: (event) => event.event,
  },
  {
    name: 'source',
    type: 'string',
    description: 'Id of the source that sent it',
    of: (event) => event.source,
  },
  {
    name: 'customer',
    type: 'string',
    description: 'The strongest identity, hashed: kind#key',
    of: customerOf,
  },
  {
    name: 'user_id',
    type: 'string',
    description: 'The shop’s own opaque id',
    of: (event) => event.userId,
  },
  {
    name: 'occurred_at',
    type: 'timestamp',
    description: 'When it happened, UTC',
    of: occurredAt,
  },
  {
    name: 'received_at',
    type: 'timestamp',
    description: 'When the collector received it, UTC',
    of: (event) => new Date(event.receivedAt),
  },
  {
    name: 'order_id',
    type: 'string',
    description: 'Order events: the order',
    of: property('order_id'),
  },
  {
    name: 'revenue',
    type: 'double',
    description: 'Order events: revenue, else total, else value, in major units',
    of: (event) => amount('revenue')(event) ?? amount('total')(event) ?? amount('value')(event),
  },
  {
    name: 'currency',
    type: 'string',
    description: 'ISO 4217; empty where the event names none',
    of: (event) =>
      event.properties?.currency === undefined ? undefined : currencyOf(event.properties.currency),
  },
  {
    name: 'campaign_id',
    type: 'string',
    description: 'Email events: the campaign',
    of: property('campaign_id'),
  },
  {
    name: 'email_id',
    type: 'string',
    description: 'Email events: the message',
    of: property('email_id'),
  },
  {
    name: 'properties',
    type: 'string',
    description: 'All properties as JSON',
    of: (event) => json(event.properties),
  },
  {
    name: 'traits',
    type: 'string',
    description: 'All traits as JSON',
    of: (event) => json(event.traits),
  },
  {
    name: 'context',
    type: 'string',
    description: 'The context as JSON',
    of: (event) => json(event.context),
  },
];

/** `curated/event_products/`: a row for each product of each event. */
export const productColumns: readonly CuratedColumn<ProductRow>[] = [
  {
    name: 'message_id',
    type: 'string',
    description: 'Id of the event',
    of: ({ event }) => event.messageId,
  },
  { name: 'event', type: 'string', description: 'Its name', of: ({ event }) => event.event },
  {
    name: 'source',
    type: 'string',
    description: 'Id of the source that sent it',
    of: ({ event }) => event.source,
  },
  {
    name: 'customer',
    type: 'string',
    description: 'The strongest identity, hashed',
    of: ({ event }) => customerOf(event),
  },
  {
    name: 'occurred_at',
    type: 'timestamp',
    description: 'When it happened, UTC',
    of: ({ event }) => occurredAt(event),
  },
  {
    name: 'position',
    type: 'integer',
    description: 'Place in the event’s list, from 0',
    of: ({ position }) => position,
  },
  {
    name: 'item_id',
    type: 'string',
    description: 'product_id, else sku',
    of: ({ product }) => product.itemId,
  },
  {
    name: 'quantity',
    type: 'double',
    description: 'As the event says; 1 where it says nothing',
    of: ({ product }) => numberOf(product.fields.quantity) ?? 1,
  },
  {
    name: 'price',
    type: 'double',
    description: 'Price of one, in major units',
    of: ({ product }) => numberOf(product.fields.price),
  },
  {
    name: 'currency',
    type: 'string',
    description: 'ISO 4217, of the product or its event',
    of: ({ event, product }) => {
      const currency = product.fields.currency ?? fieldsOf(event.properties).currency;
      return currency === undefined ? undefined : currencyOf(currency);
    },
  },
];

/** The products of an event: of its list, or the one it is about. */
export function productRowsOf(event: CollectedEvent): ProductRow[] {
  if (event.type !== 'track') return [];
  const listed = productsOf(event);
  const products = listed.length > 0 ? listed : productOf(event);
  return products.map((product, position) => ({ event, product, position }));
}

/** The columns for the documentation, in Markdown. */
export function curatedTableMarkdown(
  columns: readonly Pick<CuratedColumn<never>, 'name' | 'type' | 'description'>[],
): string {
  const rows = columns.map(
    ({ name, type, description }) => `| \`${name}\` | ${type} | ${description} |`,
  );
  return ['| column | type | what |', '| --- | --- | --- |', ...rows].join('\n');
}
