import { createHash } from 'node:crypto';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { productsOf } from './event-products.ts';
import { currencyOf, minorUnitsOf } from './money.ts';
import type { Profile } from './profile.ts';
import { fieldsOf, numberOf, textOf } from './untyped-value.ts';

export type Orders = Profile['orders'];

type OrderOutcome = 'completed' | 'refunded';

/** A cancelled order is a refund of all of it. */
const outcomes: ReadonlyMap<string, OrderOutcome> = new Map([
  ['Order Completed', 'completed'],
  ['Order Refunded', 'refunded'],
  ['Order Cancelled', 'refunded'],
]);

/** Names of the events that say something about orders. */
export const orderEvents: readonly string[] = [...outcomes.keys()];

/** Longer ids are stored as their SHA-256; DynamoDB's keys end at 2,048 bytes. */
const ORDER_ID_LENGTH_MAX = 200;
const ORDER_ID_READ_MAX = 100_000;

export const noOrders: Orders = { count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} };

/**
 * The key that an order event claims, so that it counts once whatever carries it:
 * `order#<completed|refunded>#<order_id>`, and the refund's own id where the shop gives a
 * `refund_id` (partial refunds share an order id). Undefined for other events, and for orders
 * without an id, which only the profile's evidence protects.
 */
export function orderClaimOf(event: CollectedEvent): string | undefined {
  const outcome = outcomeOf(event);
  if (outcome === undefined) return undefined;
  const orderId = textOf(event.properties?.order_id, ORDER_ID_READ_MAX);
  if (orderId === undefined) return undefined;
  const refundId =
    outcome === 'refunded' ? textOf(event.properties?.refund_id, ORDER_ID_READ_MAX) : undefined;
  const parts = ['order', outcome, bounded(orderId)];
  return [...parts, ...(refundId === undefined ? [] : [bounded(refundId)])].join('#');
}

/** What one event adds to a customer's orders. */
export function ordersOf(event: CollectedEvent): Orders {
  const outcome = outcomeOf(event);
  if (outcome === undefined) return noOrders;
  const currency = currencyOf(event.properties?.currency);
  const minor = minorUnitsOf(amountOf(event), currency);
  const sum = minor === undefined || minor === 0 ? {} : { [currency]: Math.abs(minor) };
  if (outcome === 'refunded') return { ...noOrders, refundCount: 1, refundedMinor: sum };
  const timeMs = happenedAtMs(event);
  return { ...noOrders, count: 1, revenueMinor: sum, firstAtMs: timeMs, lastAtMs: timeMs };
}

/** Sums of both; commutative and associative, exact as long as sums stay below 2^53 minor units. */
export function combineOrders(a: Orders, b: Orders): Orders {
  const firstAtMs = least(a.firstAtMs, b.firstAtMs);
  const lastAtMs = greatest(a.lastAtMs, b.lastAtMs);
  return {
    count: a.count + b.count,
    revenueMinor: addMoney(a.revenueMinor, b.revenueMinor),
    refundCount: a.refundCount + b.refundCount,
    refundedMinor: addMoney(a.refundedMinor, b.refundedMinor),
    ...(firstAtMs !== undefined && { firstAtMs }),
    ...(lastAtMs !== undefined && { lastAtMs }),
  };
}

function outcomeOf(event: CollectedEvent): OrderOutcome | undefined {
  return event.type === 'track' ? outcomes.get(event.event ?? '') : undefined;
}

/** `revenue` (without shipping and tax), else `total`, else `value`, else the sum of the lines. */
function amountOf(event: CollectedEvent): number {
  const { revenue, total, value } = fieldsOf(event.properties);
  return numberOf(revenue) ?? numberOf(total) ?? numberOf(value) ?? linesSum(event);
}

function linesSum(event: CollectedEvent): number {
  return productsOf(event).reduce(
    (sum, { fields }) => sum + (numberOf(fields.price) ?? 0) * (numberOf(fields.quantity) ?? 1),
    0,
  );
}

function addMoney(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = { ...a };
  for (const [currency, amount] of Object.entries(b)) {
    sums[currency] = (sums[currency] ?? 0) + amount;
  }
  return sums;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function greatest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function bounded(id: string): string {
  if (id.length <= ORDER_ID_LENGTH_MAX) return id;
  return `sha256-${createHash('sha256').update(id).digest('base64url')}`;
}
