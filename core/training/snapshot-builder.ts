/**
 * From the lake's lines to a snapshot's columns.
 *
 *   Product Viewed → view, Product Added → cart, Product Removed → uncart: one interaction each
 *   Order Completed → a purchase per line of the order
 *   Order Cancelled, or Order Refunded without products → the order's purchases do not count
 *   Order Refunded with products → those products of the order do not count
 *
 * Lines may come in any order and more than once: a messageId counts once, so does the completion of
 * an order, and a refund may precede its order. Quantities are not looked at: whether an item is
 * wanted does not grow with the size of the pack. Every line or product that is not counted is, in
 * `facts.dropped`, with its reason.
 */
import * as z from 'zod';
import type { Item } from '../catalogue/item.ts';
import { identity } from '../events/event.ts';
import { interactionKinds } from '../profile/profile.ts';
import { type SnapshotDrop, type SnapshotFacts, snapshotDrops } from '../quality/snapshot-facts.ts';
import { CustomerIndex } from './customer-index.ts';
import { InteractionColumns, type InteractionRow } from './interaction-columns.ts';
import { CART, type Interactions, PURCHASE, timeRange, UNCART, VIEW } from './interactions.ts';
import { SeenIds } from './seen-ids.ts';

/** A clock may run a little ahead; more than an hour is a wrong time zone. */
const FUTURE_TOLERANCE_MS = 3_600_000;

const anyId = z.union([z.string(), z.number()]).transform(String);
const product = z.object({ product_id: anyId });

/** The part of a collected event that training reads. */
const trainingEvent = z.object({
  messageId: z.string(),
  event: z.string().optional(),
  identities: z.array(identity).min(1),
  timestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  properties: z
    .object({
      product_id: anyId.optional().catch(undefined),
      order_id: anyId.optional().catch(undefined),
      products: z.array(z.unknown()).nullish().catch(undefined),
    })
    .optional(),
});
type TrainingEvent = z.infer<typeof trainingEvent>;

const productEvents: ReadonlyMap<string, number> = new Map([
  ['Product Viewed', VIEW],
  ['Product Added', CART],
  ['Product Removed', UNCART],
]);

export interface BuiltSnapshot {
  readonly interactions: Interactions;
  /** The dictionary: item n of the columns, sorted by id. */
  readonly items: readonly Item[];
  readonly facts: SnapshotFacts;
}

/** Who did what when, whichever the item. */
type Deed = Omit<InteractionRow, 'item' | 'timeS'> & { readonly timeMs: number };

/** Where an order's purchases stand in the columns. */
interface OrderRows {
  readonly from: number;
  readonly until: number;
}

export class SnapshotBuilder {
  readonly #items: readonly Item[];
  readonly #itemIndex: ReadonlyMap<string, number>;
  readonly #malformedItems: number;
  readonly #createdAt: Date;
  readonly #latestTimeMs: number;
  readonly #messages = new SeenIds();
  readonly #customers = new CustomerIndex();
  readonly #columns = new InteractionColumns();
  readonly #orders = new Map<string, OrderRows>();
  /** Products refunded per order; undefined: all of it. */
  readonly #refunds = new Map<string, Set<string> | undefined>();
  readonly #dropped = new Map<SnapshotDrop, number>();
  #files = 0;
  #lines = 0;
  #newestReceivedMs = Number.NEGATIVE_INFINITY;

  constructor(items: readonly Item[], malformedItems: number, createdAt: Date) {
    this.#items = items.toSorted((one, other) => (one.itemId < other.itemId ? -1 : 1));
    this.#itemIndex = new Map(this.#items.map((item, index) => [item.itemId, index]));
    this.#malformedItems = malformedItems;
    this.#createdAt = createdAt;
    this.#latestTimeMs = createdAt.getTime() + FUTURE_TOLERANCE_MS;
  }

  addFile(): void {
    this.#files++;
  }

  /** A file broke off; the lines before the break have been added. */
  dropFile(): void {
    this.#drop('unreadableFile');
  }

  addLine(line: string): void {
    this.#lines++;
    const event = parseEvent(line);
    if (event === undefined) this.#drop('malformedLine');
    else if (!this.#messages.add(event.messageId)) this.#drop('duplicateMessage');
    else this.#addEvent(event);
  }

  finish(): BuiltSnapshot {
    const refunded = this.#refundedRows();
    for (const _ of refunded) this.#drop('refunded');
    const { nodes, ...columns } = this.#columns.finish((row) => !refunded.has(row));
    const customers = this.#customers.customers(nodes);
    const interactions: Interactions = {
      ...columns,
      customers: customers.indices,
      customerCount: customers.count,
      itemCount: this.#items.length,
    };
    return { interactions, items: this.#items, facts: this.#facts(interactions) };
  }

  #addEvent({ event, identities, timestamp, receivedAt, properties }: TrainingEvent): void {
    this.#newestReceivedMs = Math.max(this.#newestReceivedMs, Date.parse(receivedAt));
    // Every event may join identities, whatever it is about.
    const node = this.#customers.nodeOf(identities);
    const timeMs = Date.parse(timestamp);
    const kind = productEvents.get(event ?? '');
    if (kind !== undefined) {
      this.#addInteraction(properties?.product_id, { node, kind, timeMs });
    } else if (event === 'Order Completed') {
      this.#addOrder(properties, { node, kind: PURCHASE, timeMs });
    } else if (event === 'Order Refunded' || event === 'Order Cancelled') {
      this.#addRefund(event, properties);
    }
  }

  #addOrder(properties: TrainingEvent['properties'], deed: Deed): void {
    const orderId = properties?.order_id;
    if (orderId === undefined) {
      this.#drop('malformedProduct');
    } else if (this.#orders.has(orderId)) {
      this.#drop('duplicateOrder');
    } else {
      const from = this.#columns.length;
      for (const line of properties?.products ?? []) this.#addInteraction(productId(line), deed);
      this.#orders.set(orderId, { from, until: this.#columns.length });
    }
  }

  #addRefund(event: string, properties: TrainingEvent['properties']): void {
    const orderId = properties?.order_id;
    if (orderId === undefined) {
      this.#drop('malformedProduct');
      return;
    }
    const isWhole = this.#refunds.has(orderId) && this.#refunds.get(orderId) === undefined;
    const products = event === 'Order Cancelled' ? [] : (properties?.products ?? []);
    if (isWhole || products.length === 0) {
      this.#refunds.set(orderId, undefined);
      return;
    }
    const refunded = this.#refunds.get(orderId) ?? new Set();
    for (const line of products) {
      const itemId = productId(line);
      if (itemId === undefined) this.#drop('malformedProduct');
      else refunded.add(itemId);
    }
    this.#refunds.set(orderId, refunded);
  }

  #addInteraction(itemId: string | undefined, { node, kind, timeMs }: Deed): void {
    const item = this.#itemIndex.get(itemId ?? '');
    if (itemId === undefined || !(timeMs >= 0)) this.#drop('malformedProduct');
    else if (timeMs > this.#latestTimeMs) this.#drop('futureTime');
    else if (item === undefined) this.#drop('unknownItem');
    else this.#columns.push({ node, item, kind, timeS: Math.floor(timeMs / 1000) });
  }

  #refundedRows(): Set<number> {
    const rows = new Set<number>();
    for (const [orderId, itemIds] of this.#refunds) {
      const order = this.#orders.get(orderId);
      for (let row = order?.from ?? 0; row < (order?.until ?? 0); row++) {
        const item = this.#items[this.#columns.itemAt(row)];
        if (itemIds === undefined || (item && itemIds.has(item.itemId))) rows.add(row);
      }
    }
    return rows;
  }

  #facts(interactions: Interactions): SnapshotFacts {
    const range = timeRange(interactions);
    const countOf = (kind: number) =>
      interactions.kinds.reduce((count, code) => count + (code === kind ? 1 : 0), 0);
    const [view, cart, uncart, purchase] = interactionKinds.map((_, kind) => countOf(kind));
    return {
      createdAt: this.#createdAt.toISOString(),
      files: this.#files,
      lines: this.#lines,
      customers: interactions.customerCount,
      items: this.#items.length,
      itemsWithInteractions: new Set(interactions.items).size,
      malformedItems: this.#malformedItems,
      interactions: {
        view: view ?? 0,
        cart: cart ?? 0,
        uncart: uncart ?? 0,
        purchase: purchase ?? 0,
      },
      dropped: Object.fromEntries(
        snapshotDrops.map((reason) => [reason, this.#dropped.get(reason) ?? 0]),
      ) as SnapshotFacts['dropped'],
      ...(range && { oldest: isoTime(range.oldestS), newest: isoTime(range.newestS) }),
      ...(Number.isFinite(this.#newestReceivedMs) && {
        newestReceived: new Date(this.#newestReceivedMs).toISOString(),
      }),
    };
  }

  #drop(reason: SnapshotDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}

function productId(line: unknown): string | undefined {
  return product.safeParse(line).data?.product_id;
}

function parseEvent(line: string): TrainingEvent | undefined {
  try {
    return trainingEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function isoTime(timeS: number): string {
  return new Date(timeS * 1000).toISOString();
}
