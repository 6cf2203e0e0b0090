import type { CollectedEvent } from '../events/event.ts';
import { isMadeByMachine } from '../profile/email-engagement.ts';
import { currencyOf, minorUnitsOf } from '../profile/money.ts';
import { fieldsOf, textOf } from '../profile/untyped-value.ts';

/**
 * What experiments need of an event of the lake: nothing but who, when, and which mail, block or order. Machines' openings
 * and clicks are none.
 */
export type Fact = Served | Delivered | Viewed | Opened | Clicked | Ordered | Refunded;

interface FactBase {
  readonly atMs: number;
}

/** Which mail it belongs to, as far as the event says. */
interface OfMail {
  readonly email?: string | undefined;
  readonly campaign?: string | undefined;
}

interface OfVariant {
  readonly experiment: string;
  readonly variant: string;
}

/** A block was fetched for a mail that may never be sent. */
export interface Served extends FactBase, OfMail, OfVariant {
  readonly kind: 'served';
}
export interface Delivered extends FactBase, OfMail, Partial<OfVariant> {
  readonly kind: 'delivered';
}
/** A mail with the variant reached the customer. */
export interface Viewed extends FactBase, OfMail, OfVariant {
  readonly kind: 'viewed';
}
export interface Opened extends FactBase, OfMail {
  readonly kind: 'opened';
}
/** A block was clicked, of whatever placement. */
export interface Clicked extends FactBase, OfMail {
  readonly kind: 'clicked';
  readonly placement: string;
  readonly experiment?: string | undefined;
}
export interface Ordered extends FactBase {
  readonly kind: 'ordered';
  readonly order: string;
  readonly revenueMinor: number;
  readonly currency: string;
}
export interface Refunded extends FactBase {
  readonly kind: 'refunded';
  readonly order: string;
  /** The shop's id of the refund, so that it counts once. */
  readonly refund: string;
  /** Absent: all of the order. */
  readonly amountMinor?: number | undefined;
}

/** Events that are read at all; see factOf. */
export const factEvents = [
  'Block Served',
  'Block Clicked',
  'Experiment Viewed',
  'Email Delivered',
  'Email Opened',
  'Email Link Clicked',
  'Order Completed',
  'Order Refunded',
  'Order Cancelled',
] as const;

/** A row of `curated/events`, of the columns that are needed. */
export interface FactRow {
  readonly event: string;
  readonly messageId: string;
  readonly atMs: number;
  readonly orderId?: string | undefined;
  readonly revenue?: number | undefined;
  readonly currency?: string | undefined;
  /** JSON, as the lake has them. */
  readonly properties?: string | undefined;
  readonly context?: string | undefined;
}

/** What the row says; undefined where it says nothing that counts. */
export function factOf(row: FactRow): Fact | undefined {
  const properties = objectIn(row.properties);
  const { atMs } = row;
  switch (row.event) {
    case 'Block Served':
      return variantFact('served', atMs, properties);
    case 'Experiment Viewed':
      return isMachine(row, properties) ? undefined : variantFact('viewed', atMs, properties);
    case 'Email Delivered':
      return { kind: 'delivered', atMs, ...mailOf(properties), ...variantOf(properties) };
    case 'Email Opened':
      return isMachine(row, properties)
        ? undefined
        : { kind: 'opened', atMs, ...mailOf(properties) };
    case 'Block Clicked':
    case 'Email Link Clicked':
      return isMachine(row, properties) ? undefined : clickOf(atMs, properties);
    case 'Order Completed':
      return orderOf(row);
    case 'Order Refunded':
    case 'Order Cancelled':
      return refundOf(row, properties);
    default:
      return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const ID_LENGTH_MAX = 1_000;
const idOf = (value: unknown) => textOf(value, ID_LENGTH_MAX);

function variantFact(
  kind: 'served' | 'viewed',
  atMs: number,
  properties: Fields,
): Served | Viewed | undefined {
  const variant = variantOf(properties);
  return variant === undefined ? undefined : { kind, atMs, ...mailOf(properties), ...variant };
}

function variantOf({ experiment_id, variation_id }: Fields): OfVariant | undefined {
  const [experiment, variant] = [idOf(experiment_id), idOf(variation_id)];
  return experiment === undefined || variant === undefined ? undefined : { experiment, variant };
}

function mailOf({ email_id, campaign_id }: Fields): OfMail {
  return { email: idOf(email_id), campaign: idOf(campaign_id) };
}

/** An ESP's own click event counts where the link said which block it was of. */
function clickOf(atMs: number, properties: Fields): Clicked | undefined {
  const placement = idOf(properties.placement_id);
  if (placement === undefined) return undefined;
  const experiment = idOf(properties.experiment_id);
  return { kind: 'clicked', atMs, placement, experiment, ...mailOf(properties) };
}

function orderOf({ atMs, orderId, messageId, revenue = 0, currency }: FactRow): Ordered {
  const code = currencyOf(currency);
  const revenueMinor = minorUnitsOf(Math.abs(revenue), code) ?? 0;
  return { kind: 'ordered', atMs, order: orderId ?? messageId, revenueMinor, currency: code };
}

function refundOf(
  { event, atMs, orderId, messageId, revenue, currency }: FactRow,
  { refund_id }: Fields,
): Refunded | undefined {
  if (orderId === undefined) return undefined;
  const refund = idOf(refund_id) ?? (event === 'Order Cancelled' ? 'cancelled' : messageId);
  const isWhole = event === 'Order Cancelled' || revenue === undefined;
  const amountMinor = isWhole ? undefined : minorUnitsOf(Math.abs(revenue), currencyOf(currency));
  return { kind: 'refunded', atMs, order: orderId, refund, amountMinor };
}

function isMachine({ context }: FactRow, properties: Fields): boolean {
  return isMadeByMachine({ properties, context: objectIn(context) });
}

function objectIn(json: string | undefined): Record<string, unknown> {
  if (json === undefined || json === '') return {};
  try {
    return { ...fieldsOf(JSON.parse(json)) };
  } catch {
    return {};
  }
}

/** For a test or a tool that has events and no lake. */
export function factRowOf(event: CollectedEvent): FactRow {
  const { revenue, total, value, currency, order_id } = event.properties ?? {};
  const amount = [revenue, total, value].find((one) => typeof one === 'number');
  return {
    event: event.event ?? '',
    messageId: event.messageId,
    atMs: Date.parse(event.timestamp),
    orderId: idOf(order_id),
    revenue: typeof amount === 'number' ? amount : undefined,
    currency: idOf(currency),
    properties: event.properties === undefined ? undefined : JSON.stringify(event.properties),
    context: event.context === undefined ? undefined : JSON.stringify(event.context),
  };
}
