/**
 * What a line of the lake says that training wants to know, as rows of a day's file. A day is read once,
 * line by line; every later snapshot begins with its rows. What an event means is enrichment's to say
 * (core/profile/interactions.ts); what becomes of the rows is told in snapshot-builder.ts.
 */

import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { readStoredEvent } from '../events/upcast.ts';
import { strongestFirst } from '../identity/profile-id.ts';
import { consentOf } from '../profile/consent.ts';
import { productsOf } from '../profile/event-products.ts';
import { interactionsOf, isIgnoredBot } from '../profile/interactions.ts';
import { textOf } from '../profile/untyped-value.ts';
import { ORDER_ID_LENGTH_MAX } from './snapshot-builder.ts';

/** Raised when a row's meaning changes: days of another version are read from the lake again. */
export const DAY_FORM_VERSION = 1;

/** An order is a purchase per product; a refund without an item gives all of its order back. */
export const deedKinds = ['view', 'cart', 'uncart', 'order', 'refund', 'bot', 'none'] as const;
export type DeedKind = (typeof deedKinds)[number];

/** One row; the names are the columns'. */
export interface DayDeed {
  /** The event's place among all that have arrived: its day since 1970 × 2³² + its number in that day. */
  readonly place: number;
  /** Its row among the event's; 0 is the one that speaks of the event as a whole. */
  readonly part: number;
  readonly message: string;
  readonly schema_version: number;
  readonly received_ms: number;
  readonly time_ms: number;
  /** References of its identities, strongest first, as a JSON array. */
  readonly customer: string;
  readonly deed: DeedKind;
  readonly item?: string;
  readonly order_id?: string;
  /** Consent to personalisation that it states. */
  readonly granted?: boolean;
  /** Lines of an order that name no product. */
  readonly malformed_products: number;
}

const PLACES_PER_DAY = 2 ** 32;
const DAY_MS = 86_400_000;

/** The first place of a day, `YYYY-MM-DD`. */
export function firstPlaceOf(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS) * PLACES_PER_DAY;
}

/** The rows of a line, one at least; undefined for one that is no event. */
export function deedsOf(line: string, place: number): DayDeed[] | undefined {
  const event = eventOf(line);
  if (event === undefined) return undefined;
  const told = whatIsTold(event);
  const granted = consentOf(event)?.personalization.granted;
  const whole = {
    place,
    message: event.messageId,
    schema_version: event.schemaVersion,
    received_ms: Date.parse(event.receivedAt),
    time_ms: happenedAtMs(event),
    customer: JSON.stringify(strongestFirst(event.identities)),
    deed: told.deed,
    ...(told.orderId !== undefined && { order_id: told.orderId }),
  };
  const items = told.items.length === 0 ? [undefined] : told.items;
  return items.map((item, part) => ({
    ...whole,
    part,
    ...(item !== undefined && { item }),
    ...(part === 0 && granted !== undefined && { granted }),
    malformed_products: part === 0 ? told.malformedCount : 0,
  }));
}

interface Told {
  readonly deed: DeedKind;
  readonly items: readonly string[];
  readonly orderId?: string | undefined;
  readonly malformedCount: number;
}

function whatIsTold(event: CollectedEvent): Told {
  const orderId = textOf(event.properties?.order_id, ORDER_ID_LENGTH_MAX);
  const none: Told = { deed: 'none', items: [], malformedCount: 0 };
  if (event.event === 'Order Completed') {
    const items = interactionsOf(event).map(({ itemId }) => itemId);
    const listed = event.properties?.products;
    const malformedCount = Array.isArray(listed) ? listed.length - items.length : 0;
    return { deed: 'order', items, orderId, malformedCount };
  }
  if (event.event === 'Order Cancelled' || event.event === 'Order Refunded') {
    if (orderId === undefined) return none;
    const products = event.event === 'Order Cancelled' ? [] : productsOf(event);
    return { ...none, deed: 'refund', items: products.map(({ itemId }) => itemId), orderId };
  }
  if (isIgnoredBot(event)) return { ...none, deed: 'bot' };
  const [first, ...others] = interactionsOf(event);
  if (first === undefined || first.kind === 'purchase') return none;
  return { ...none, deed: first.kind, items: [first, ...others].map(({ itemId }) => itemId) };
}

function eventOf(line: string): CollectedEvent | undefined {
  try {
    return readStoredEvent(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
