/**
 * From the lake's lines to a snapshot's columns: the plain twin of the queries that make a snapshot
 * (adapters/duckdb/snapshot-sql.ts), a property test holds the two together. What an event says about items is what enrichment
 * folds into profiles (core/profile/interactions.ts): a view, a cart or uncart, or a purchase per
 * line of an order. On top of that, as training looks back:
 *
 *   Order Cancelled, or Order Refunded without products → the order's purchases do not count
 *   Order Refunded with products → those products of the order do not count
 *
 * Lines may come in any order and more than once: a messageId counts once, so does the completion of
 * an order, and a refund may precede its order. Quantities are not looked at: whether an item is
 * wanted does not grow with the size of the pack. Whatever is not counted is, in `facts.dropped`,
 * with its reason.
 */
import type { Item } from '../catalogue/item.ts';
import type { CollectedEvent } from '../events/event.ts';
import { readStoredEvent } from '../events/upcast.ts';
import { consentOf } from '../profile/consent.ts';
import { productsOf } from '../profile/event-products.ts';
import { interactionsOf, isIgnoredBot } from '../profile/interactions.ts';
import { interactionKinds, type RecentInteraction } from '../profile/profile.ts';
import { textOf } from '../profile/untyped-value.ts';
import { type SnapshotDrop, type SnapshotFacts, snapshotDrops } from '../quality/snapshot-facts.ts';
import { ConsentIndex } from './consent-index.ts';
import { CustomerIndex } from './customer-index.ts';
import { InteractionColumns } from './interaction-columns.ts';
import type { Interactions } from './interactions.ts';
import { OrderRows } from './order-rows.ts';
import { SeenIds } from './seen-ids.ts';
import { columnFacts } from './snapshot-facts-of.ts';

/** A clock may run a little ahead; more than an hour is a wrong time zone. */
export const FUTURE_TOLERANCE_MS = 3_600_000;
/** As the collector bounds ids, with room. */
export const ORDER_ID_LENGTH_MAX = 2000;

export interface BuiltSnapshot {
  readonly interactions: Interactions;
  /** The dictionary: item n of the columns, sorted by id. */
  readonly items: readonly Item[];
  readonly facts: SnapshotFacts;
}

export interface SnapshotOptions {
  readonly items: readonly Item[];
  /** Entries of the catalogue that are not items; for the facts. */
  readonly malformedItems: number;
  readonly createdAt: Date;
}

export class SnapshotBuilder {
  readonly #items: readonly Item[];
  readonly #itemIndex: ReadonlyMap<string, number>;
  readonly #options: SnapshotOptions;
  readonly #messages = new SeenIds();
  readonly #customers = new CustomerIndex();
  readonly #consents = new ConsentIndex();
  readonly #columns = new InteractionColumns();
  readonly #orders = new OrderRows();
  readonly #dropped = new Map<SnapshotDrop, number>();
  #files = 0;
  #lines = 0;
  #newestReceivedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#items = options.items.toSorted((one, other) => (one.itemId < other.itemId ? -1 : 1));
    this.#itemIndex = new Map(this.#items.map((item, index) => [item.itemId, index]));
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
    const refunded = this.#orders.refundedRows(
      (row) => this.#items[this.#columns.itemAt(row)]?.itemId,
    );
    this.#drop('refunded', refunded.size);
    const refused = this.#refusedRows();
    this.#drop('noConsent', refused.size);
    const { nodes, ...columns } = this.#columns.finish(
      (row) => !refunded.has(row) && !refused.has(row),
    );
    const customers = this.#customers.customers(nodes);
    const interactions: Interactions = {
      ...columns,
      customers: customers.indices,
      customerCount: customers.count,
      itemCount: this.#items.length,
    };
    return { interactions, items: this.#items, facts: this.#facts(interactions) };
  }

  /** Rows of customers who refused personalisation. */
  #refusedRows(): ReadonlySet<number> {
    const rootOf = (node: number) => this.#customers.rootOf(node);
    const roots = this.#consents.refusedRoots(rootOf);
    const rows = new Set<number>();
    if (roots.size === 0) return rows;
    for (let row = 0; row < this.#columns.length; row++) {
      if (roots.has(rootOf(this.#columns.nodeAt(row)))) rows.add(row);
    }
    return rows;
  }

  #addEvent(event: CollectedEvent): void {
    this.#newestReceivedMs = Math.max(this.#newestReceivedMs, Date.parse(event.receivedAt));
    // Every event may join identities, whatever it is about.
    const node = this.#customers.nodeOf(event.identities);
    this.#consents.add(node, consentOf(event));
    const orderId = textOf(event.properties?.order_id, ORDER_ID_LENGTH_MAX);
    if (event.event === 'Order Completed') {
      this.#addOrder(event, node, orderId);
    } else if (event.event === 'Order Cancelled' || event.event === 'Order Refunded') {
      const products = event.event === 'Order Cancelled' ? [] : productsOf(event);
      const itemIds = products.map(({ itemId }) => itemId);
      if (orderId !== undefined) this.#orders.refund(orderId, itemIds);
    } else if (isIgnoredBot(event)) {
      this.#drop('bot');
    } else {
      for (const interaction of interactionsOf(event)) this.#addInteraction(interaction, node);
    }
  }

  /** An order without an id cannot be told from another, and counts as often as its messages. */
  #addOrder(event: CollectedEvent, node: number, orderId: string | undefined): void {
    if (orderId !== undefined && this.#orders.has(orderId)) {
      this.#drop('duplicateOrder');
      return;
    }
    const purchases = interactionsOf(event);
    const listed = event.properties?.products;
    this.#drop('malformedProduct', Array.isArray(listed) ? listed.length - purchases.length : 0);
    const from = this.#columns.length;
    for (const purchase of purchases) this.#addInteraction(purchase, node);
    if (orderId !== undefined) this.#orders.complete(orderId, from, this.#columns.length);
  }

  #addInteraction({ itemId, kind, timeMs }: RecentInteraction, node: number): void {
    const item = this.#itemIndex.get(itemId);
    const latestMs = this.#options.createdAt.getTime() + FUTURE_TOLERANCE_MS;
    if (timeMs < 0) this.#drop('malformedTime');
    else if (timeMs > latestMs) this.#drop('futureTime');
    else if (item === undefined) this.#drop('unknownItem');
    else {
      const timeS = Math.floor(timeMs / 1000);
      this.#columns.push({ node, item, kind: interactionKinds.indexOf(kind), timeS });
    }
  }

  #facts(interactions: Interactions): SnapshotFacts {
    const { createdAt, malformedItems } = this.#options;
    return {
      createdAt: createdAt.toISOString(),
      files: this.#files,
      lines: this.#lines,
      ...columnFacts(interactions),
      items: this.#items.length,
      malformedItems,
      dropped: Object.fromEntries(
        snapshotDrops.map((reason) => [reason, this.#dropped.get(reason) ?? 0]),
      ) as SnapshotFacts['dropped'],
      ...(Number.isFinite(this.#newestReceivedMs) && {
        newestReceived: new Date(this.#newestReceivedMs).toISOString(),
      }),
    };
  }

  #drop(reason: SnapshotDrop, count = 1): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }
}

function parseEvent(line: string): CollectedEvent | undefined {
  try {
    return readStoredEvent(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
