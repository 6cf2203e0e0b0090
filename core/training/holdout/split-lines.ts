/**
 * Interactions as lines `user item item …`, the form of LightGCN's public splits: a line names a customer and
 * then the customer's items, apart by blanks or tabs. Names are any text without blanks. A customer may have
 * several lines or a line without items; an item named twice by one customer counts once.
 */
import type { SparseRows } from '../../../kernels/sparse-rows.ts';

/** Names to numbers, shared by train and test. */
export interface Dictionaries {
  readonly customers: Map<string, number>;
  readonly items: Map<string, number>;
}

export function emptyDictionaries(): Dictionaries {
  return { customers: new Map(), items: new Map() };
}

/** A line that isn't of the form: `line` counts from 1. */
export class SplitLineError extends Error {
  override readonly name = 'SplitLineError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Pairs that there is room for at first; it doubles. */
const PAIRS_ROOM = 2 ** 16;

/** Collects the lines of one file, 8 bytes a pair. */
export class SplitLines {
  readonly #dictionaries: Dictionaries;
  /** Row and item of each pair, as they came. */
  #pairs = new Uint32Array(2 * PAIRS_ROOM);
  #pairCount = 0;
  #line = 0;
  readonly #fieldCounts = new Set<number>();

  constructor(dictionaries: Dictionaries) {
    this.#dictionaries = dictionaries;
  }

  /** @throws SplitLineError */
  add(text: string): void {
    this.#line += 1;
    const [customer = '', ...items] = text.trim().split(/\s+/);
    if (customer === '') return;
    this.#refuseOtherForms(text, items.length);
    this.#refuseHeader(customer, items);
    this.#fieldCounts.add(1 + items.length);
    const row = numberOf(this.#dictionaries.customers, customer);
    for (const item of items) this.#addPair(row, numberOf(this.#dictionaries.items, item));
  }

  get isEmpty(): boolean {
    return this.#pairCount === 0;
  }

  /** How many fields each line has where all have as many; undefined where lines differ, as those of this form do. */
  get fieldsOfEvery(): number | undefined {
    const [count, ...others] = this.#fieldCounts;
    return others.length === 0 ? count : undefined;
  }

  get lines(): number {
    return this.#line;
  }

  /**
   * Rows for all customers of the dictionary so far, items in ascending order and once each, and how many were
   * named more than once by a customer.
   */
  rows(): { readonly rows: SparseRows; readonly repeated: number } {
    const { customers, items } = this.#dictionaries;
    const grouped = this.#groupedByRow(customers.size);
    const offsets = new Uint32Array(customers.size + 1);
    let kept = 0;
    for (let row = 0; row < customers.size; row++) {
      const own = grouped.items.subarray(grouped.offsets[row], grouped.offsets[row + 1]).sort();
      let last = -1;
      for (const item of own) {
        if (item === last) continue;
        // Never ahead of where it is read.
        grouped.items[kept++] = item;
        last = item;
      }
      offsets[row + 1] = kept;
    }
    const columns = grouped.items.slice(0, kept);
    return {
      rows: { offsets, columns, columnCount: items.size },
      repeated: this.#pairCount - kept,
    };
  }

  #groupedByRow(rowCount: number): { offsets: Uint32Array; items: Uint32Array } {
    const pairs = this.#pairs;
    const offsets = new Uint32Array(rowCount + 1);
    for (let at = 0; at < this.#pairCount; at++) {
      const next = (pairs[2 * at] as number) + 1;
      offsets[next] = (offsets[next] as number) + 1;
    }
    for (let row = 0; row < rowCount; row++) {
      offsets[row + 1] = (offsets[row + 1] as number) + (offsets[row] as number);
    }
    const places = offsets.slice();
    const items = new Uint32Array(this.#pairCount);
    for (let at = 0; at < this.#pairCount; at++) {
      const row = pairs[2 * at] as number;
      const place = places[row] as number;
      items[place] = pairs[2 * at + 1] as number;
      places[row] = place + 1;
    }
    return { offsets, items };
  }

  #addPair(row: number, item: number): void {
    if (2 * this.#pairCount === this.#pairs.length) {
      const larger = new Uint32Array(2 * this.#pairs.length);
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[2 * this.#pairCount] = row;
    this.#pairs[2 * this.#pairCount + 1] = item;
    this.#pairCount += 1;
  }

  #refuseOtherForms(text: string, itemCount: number): void {
    // U+FFFD stands where bytes are no text, NUL in files that are none.
    if (text.includes('\u0000') || text.includes('\uFFFD')) {
      throw new SplitLineError(
        this.#line,
        'is not text; give a text file, plain or compressed by gzip',
      );
    }
    if (itemCount === 0 && /[,;|]|::|^\{/.test(text)) {
      throw new SplitLineError(
        this.#line,
        'has one field without a blank; a line is `user item item …`, apart by blanks: turn CSV or JSON into that',
      );
    }
  }

  /** Names of columns stand on the first line, of which every one begins as columns are called. */
  #refuseHeader(customer: string, items: readonly string[]): void {
    const isHeader =
      this.#line === 1 && /^(user|customer|org_?id)/i.test(customer) && items.some(isColumnName);
    if (isHeader) {
      throw new SplitLineError(1, 'is a header, not a user and their items; take it away');
    }
  }
}

function isColumnName(text: string): boolean {
  return /^(items?|products?|remap)(_?ids?)?$/i.test(text);
}

function numberOf(dictionary: Map<string, number>, name: string): number {
  const known = dictionary.get(name);
  if (known !== undefined) return known;
  dictionary.set(name, dictionary.size);
  return dictionary.size - 1;
}
