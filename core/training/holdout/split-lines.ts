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

/** Collects the lines of one file. */
export class SplitLines {
  readonly #dictionaries: Dictionaries;
  readonly #rows: Set<number>[] = [];
  #line = 0;
  #interactions = 0;
  #repeated = 0;
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
    const known = this.#rows[row] ?? new Set<number>();
    this.#rows[row] = known;
    for (const item of items) {
      const before = known.size;
      known.add(numberOf(this.#dictionaries.items, item));
      if (known.size === before) this.#repeated += 1;
    }
    this.#interactions += items.length;
  }

  get interactions(): number {
    return this.#interactions - this.#repeated;
  }

  /** Items named more than once by a customer. */
  get repeated(): number {
    return this.#repeated;
  }

  /** How many fields each line has where all have as many; undefined where lines differ, as those of this form do. */
  get fieldsOfEvery(): number | undefined {
    const [count, ...others] = this.#fieldCounts;
    return others.length === 0 ? count : undefined;
  }

  get lines(): number {
    return this.#line;
  }

  /** Rows for all customers of the dictionary so far, items in ascending order. */
  rows(): SparseRows {
    const { customers, items } = this.#dictionaries;
    const offsets = new Uint32Array(customers.size + 1);
    const columns = new Uint32Array(this.interactions);
    for (let row = 0; row < customers.size; row++) {
      const from = offsets[row] as number;
      const sorted = Uint32Array.from(this.#rows[row] ?? []).sort();
      columns.set(sorted, from);
      offsets[row + 1] = from + sorted.length;
    }
    return { offsets, columns, columnCount: items.size };
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
