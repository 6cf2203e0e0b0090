/**
 * Which rows of the columns came from which order, and which orders or products of them were given
 * back: a refund may arrive before its order.
 */
export class OrderRows {
  readonly #ranges = new Map<string, { readonly from: number; readonly until: number }>();
  /** Items given back per order; undefined: all of them. */
  readonly #refunds = new Map<string, Set<string> | undefined>();

  /** Whether the order has been completed already. */
  has(orderId: string): boolean {
    return this.#ranges.has(orderId);
  }

  /** The order's purchases are the rows from `from` to before `until`. */
  complete(orderId: string, from: number, until: number): void {
    this.#ranges.set(orderId, { from, until });
  }

  /** Gives back the items, or the whole order where none is named. Refunds of one order add up. */
  refund(orderId: string, itemIds: readonly string[]): void {
    const known = this.#refunds.get(orderId);
    const isWhole = this.#refunds.has(orderId) && known === undefined;
    if (isWhole || itemIds.length === 0) this.#refunds.set(orderId, undefined);
    else this.#refunds.set(orderId, new Set([...(known ?? []), ...itemIds]));
  }

  /** The rows that were given back; `itemIdAt` tells a row's item. */
  refundedRows(itemIdAt: (row: number) => string | undefined): Set<number> {
    const rows = new Set<number>();
    for (const [orderId, itemIds] of this.#refunds) {
      const range = this.#ranges.get(orderId);
      for (let row = range?.from ?? 0; row < (range?.until ?? 0); row++) {
        const itemId = itemIdAt(row);
        if (itemIds === undefined || (itemId !== undefined && itemIds.has(itemId))) rows.add(row);
      }
    }
    return rows;
  }
}
