/** Columns under construction: they double as they fill, so that a row costs its 13 bytes and no object. */
export interface InteractionRow {
  /** Node of the customer (see CustomerIndex), numbered at the end. */
  readonly node: number;
  readonly item: number;
  readonly kind: number;
  readonly timeS: number;
}

const INITIAL_ROWS = 4096;

export class InteractionColumns {
  #nodes = new Uint32Array(INITIAL_ROWS);
  #items = new Uint32Array(INITIAL_ROWS);
  #kinds = new Uint8Array(INITIAL_ROWS);
  #timesS = new Uint32Array(INITIAL_ROWS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push({ node, item, kind, timeS }: InteractionRow): void {
    if (this.#length === this.#nodes.length) this.#grow();
    this.#nodes[this.#length] = node;
    this.#items[this.#length] = item;
    this.#kinds[this.#length] = kind;
    this.#timesS[this.#length] = timeS;
    this.#length++;
  }

  itemAt(row: number): number {
    return this.#items[row] as number;
  }

  nodeAt(row: number): number {
    return this.#nodes[row] as number;
  }

  /** The rows for which `keeps` holds. */
  finish(keeps: (row: number) => boolean): {
    readonly nodes: Uint32Array;
    readonly items: Uint32Array;
    readonly kinds: Uint8Array;
    readonly timesS: Uint32Array;
  } {
    const isKept = (_: number, row: number) => keeps(row);
    return {
      nodes: this.#nodes.subarray(0, this.#length).filter(isKept),
      items: this.#items.subarray(0, this.#length).filter(isKept),
      kinds: this.#kinds.subarray(0, this.#length).filter(isKept),
      timesS: this.#timesS.subarray(0, this.#length).filter(isKept),
    };
  }

  #grow(): void {
    const double = <Column extends Uint32Array | Uint8Array>(old: Column, wider: Column) => {
      wider.set(old);
      return wider;
    };
    const rows = 2 * this.#nodes.length;
    this.#nodes = double(this.#nodes, new Uint32Array(rows));
    this.#items = double(this.#items, new Uint32Array(rows));
    this.#kinds = double(this.#kinds, new Uint8Array(rows));
    this.#timesS = double(this.#timesS, new Uint32Array(rows));
  }
}
