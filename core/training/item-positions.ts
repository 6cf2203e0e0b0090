/**
 * Where the items of a model stand, by their ids: a hash table in typed arrays (open addressing, linear probing, at most
 * half full; FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/) with the texts of the ids behind one another. What a
 * `Map` of a hundred thousand strings costs a request is waiting for the memory, five times for each id and one id after
 * the other; here all ids of a request go through each step together, and the processor fetches side by side what they
 * need. As large as a `Map`, and made as fast. A property test ties the two.
 */
export class ItemPositions {
  /** How many ids there are, each counted once. */
  readonly size: number;
  /** Pairs: the id's hash, and its position + 1; 0 where nothing stands. */
  readonly #table: Int32Array;
  readonly #mask: number;
  /** Code units of the id at each position: from `starts[position]` up to `starts[position + 1]`. */
  readonly #starts: Uint32Array;
  readonly #text: Uint16Array;
  #hashes = new Int32Array(256);

  /** Of an id that stands there twice the last position counts. */
  constructor(itemIds: readonly string[]) {
    let slots = SLOTS_MIN;
    while (slots < 2 * itemIds.length) slots *= 2;
    this.#table = new Int32Array(2 * slots);
    this.#mask = slots - 1;
    this.#starts = startsOf(itemIds);
    this.#text = new Uint16Array(this.#starts[itemIds.length] ?? 0);
    let size = 0;
    for (const [position, itemId] of itemIds.entries()) {
      const start = this.#starts[position] as number;
      for (let at = 0; at < itemId.length; at++) this.#text[start + at] = itemId.charCodeAt(at);
      const hash = hashOf(itemId);
      const slot = this.#slotOf(itemId, hash);
      if (this.#table[2 * slot + 1] === 0) size += 1;
      this.#table[2 * slot] = hash;
      this.#table[2 * slot + 1] = position + 1;
    }
    this.size = size;
  }

  get(itemId: string): number | undefined {
    const found = this.#table[2 * this.#slotOf(itemId, hashOf(itemId)) + 1] as number;
    return found === 0 ? undefined : found - 1;
  }

  has(itemId: string): boolean {
    return this.get(itemId) !== undefined;
  }

  /** Writes the position of each entry's item to its place, −1 where there is none. */
  ofAll(entries: readonly Named[], positions: Int32Array): void {
    const { length } = entries;
    if (this.#hashes.length < length) this.#hashes = new Int32Array(2 * length);
    const hashes = this.#hashes;
    const starts = this.#starts;
    for (let at = 0; at < length; at++) hashes[at] = hashOf((entries[at] as Named).itemId);
    for (let at = 0; at < length; at++) positions[at] = this.#likely(hashes[at] as number);
    // Where the texts begin, of all of them before the first is compared.
    for (let at = 0; at < length; at++) {
      const position = positions[at] as number;
      hashes[at] = position < 0 ? 0 : (this.#text[starts[position] as number] as number);
    }
    for (let at = 0; at < length; at++) {
      const position = positions[at] as number;
      if (position < 0) continue;
      const { itemId } = entries[at] as Named;
      const isIt = hashes[at] === itemId.charCodeAt(0) && this.#isAt(position, itemId);
      // Two ids of one hash are one in a million pairs of them.
      if (!isIt) positions[at] = this.get(itemId) ?? -1;
    }
  }

  /** The first position of this hash. */
  #likely(hash: number): number {
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = table[2 * slot + 1] as number;
      if (found === 0 || table[2 * slot] === hash) return found - 1;
    }
  }

  /** Where the id stands in the table, or would stand. */
  #slotOf(itemId: string, hash: number): number {
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = table[2 * slot + 1] as number;
      if (found === 0) return slot;
      if (table[2 * slot] === hash && this.#isAt(found - 1, itemId)) return slot;
    }
  }

  #isAt(position: number, itemId: string): boolean {
    const start = this.#starts[position] as number;
    if ((this.#starts[position + 1] as number) - start !== itemId.length) return false;
    for (let at = 0; at < itemId.length; at++) {
      if (this.#text[start + at] !== itemId.charCodeAt(at)) return false;
    }
    return true;
  }
}

interface Named {
  readonly itemId: string;
}

const SLOTS_MIN = 16;

function startsOf(itemIds: readonly string[]): Uint32Array {
  const starts = new Uint32Array(itemIds.length + 1);
  for (const [position, itemId] of itemIds.entries()) {
    starts[position + 1] = (starts[position] as number) + itemId.length;
  }
  return starts;
}

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over code units; its high bits are folded into the low ones, which choose the slot. */
function hashOf(text: string): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash ^ (hash >>> 15);
}
