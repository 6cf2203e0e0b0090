import { finished, type Steps } from './steps.ts';

/**
 * Where the items of a model stand, by their ids: a hash table in one typed array (open addressing, linear probing, at
 * most half full; FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/) that holds the ids themselves where they are short.
 * What a `Map` of a hundred thousand strings costs a request is waiting for the memory, five times for each id and one id
 * after the other; here it is once, and for all ids of a request together. Some 80 bytes an id, twice a `Map`'s. A
 * property test ties the two.
 */
export class ItemPositions {
  /** By slot: the id's hash, its position + 1 (0 where nothing stands), its length where it stands there, and its text. */
  readonly #table: Int32Array;
  /** The same memory: a character of an id in each byte of its text. */
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  readonly #itemIds: readonly string[];
  #hashes = new Int32Array(256);
  #size = 0;

  private constructor(itemIds: readonly string[]) {
    let slots = SLOTS_MIN;
    while (slots < 2 * itemIds.length) slots *= 2;
    this.#table = new Int32Array(slots * SLOT_WORDS);
    this.#bytes = new Uint8Array(this.#table.buffer);
    this.#mask = slots - 1;
    this.#itemIds = itemIds;
  }

  /** Of an id that stands there twice the last position counts. */
  static of(itemIds: readonly string[]): ItemPositions {
    return finished(ItemPositions.steps(itemIds));
  }

  /** The same in steps of a millisecond or two. */
  static *steps(itemIds: readonly string[]): Steps<ItemPositions> {
    const positions = new ItemPositions(itemIds);
    for (let position = 0; position < itemIds.length; position++) {
      if (position % IDS_PER_STEP === 0) yield;
      positions.#add(itemIds[position] as string, position);
    }
    return positions;
  }

  /** How many ids there are, each counted once. */
  get size(): number {
    return this.#size;
  }

  get(itemId: string): number | undefined {
    const position = this.#positionOf(itemId, hashOf(itemId));
    return position < 0 ? undefined : position;
  }

  has(itemId: string): boolean {
    return this.get(itemId) !== undefined;
  }

  /** Writes the position of each entry's item to its place, −1 where there is none. */
  ofAll(entries: readonly Named[], positions: Int32Array): void {
    const { length } = entries;
    if (this.#hashes.length < length) this.#hashes = new Int32Array(2 * length);
    const hashes = this.#hashes;
    for (let at = 0; at < length; at++) hashes[at] = hashOf((entries[at] as Named).itemId);
    last.touched = this.#touch(hashes, length);
    for (let at = 0; at < length; at++) {
      positions[at] = this.#positionOf((entries[at] as Named).itemId, hashes[at] as number);
    }
  }

  /**
   * Reads the slots of all hashes and asks nothing of what it reads: a processor fetches such reads side by side, and
   * else would wait for one after the other, to know how to go on.
   */
  #touch(hashes: Int32Array, length: number): number {
    let sum = 0;
    for (let at = 0; at < length; at++) {
      const word = ((hashes[at] as number) & this.#mask) * SLOT_WORDS;
      // Both ends: nobody says that slots begin where lines of memory do.
      sum ^= (this.#table[word] as number) ^ (this.#table[word + SLOT_WORDS - 1] as number);
    }
    return sum;
  }

  /** −1 where it doesn't stand. */
  #positionOf(itemId: string, hash: number): number {
    return (this.#table[this.#slotOf(itemId, hash) * SLOT_WORDS + POSITION] as number) - 1;
  }

  /** Where the id stands in the table, or would stand. */
  #slotOf(itemId: string, hash: number): number {
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const word = slot * SLOT_WORDS;
      if (table[word + POSITION] === 0) return slot;
      if (table[word] === hash && this.#isAt(slot, itemId)) return slot;
    }
  }

  #add(itemId: string, position: number): void {
    const hash = hashOf(itemId);
    const slot = this.#slotOf(itemId, hash);
    if (this.#table[slot * SLOT_WORDS + POSITION] === 0) {
      this.#size += 1;
      this.#write(slot, itemId, hash);
    }
    this.#table[slot * SLOT_WORDS + POSITION] = position + 1;
  }

  #isAt(slot: number, itemId: string): boolean {
    const word = slot * SLOT_WORDS;
    const length = this.#table[word + LENGTH] as number;
    if (length === ELSEWHERE) {
      return this.#itemIds[(this.#table[word + POSITION] as number) - 1] === itemId;
    }
    if (length !== itemId.length) return false;
    const start = (word + TEXT) * WORD_BYTES;
    for (let at = 0; at < length; at++) {
      if (this.#bytes[start + at] !== itemId.charCodeAt(at)) return false;
    }
    return true;
  }

  #write(slot: number, itemId: string, hash: number): void {
    const word = slot * SLOT_WORDS;
    this.#table[word] = hash;
    this.#table[word + LENGTH] = ELSEWHERE;
    if (itemId.length > TEXT_BYTES) return;
    const start = (word + TEXT) * WORD_BYTES;
    for (let at = 0; at < itemId.length; at++) {
      const code = itemId.charCodeAt(at);
      if (code > BYTE_MAX) return;
      this.#bytes[start + at] = code;
    }
    this.#table[word + LENGTH] = itemId.length;
  }
}

interface Named {
  readonly itemId: string;
}

/** What `#touch` gave last, so that nobody takes it for useless and leaves it out. */
const last = { touched: 0 };

const IDS_PER_STEP = 4_096;
const SLOTS_MIN = 16;
const WORD_BYTES = 4;
/** Half a line of a processor's memory. */
const SLOT_WORDS = 8;
/** Words of a slot behind the hash. */
const POSITION = 1;
const LENGTH = 2;
const TEXT = 3;
const TEXT_BYTES = (SLOT_WORDS - TEXT) * WORD_BYTES;
const BYTE_MAX = 0xff;
/** In place of a length: the id is too long, or of other characters. */
const ELSEWHERE = -1;

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over code units; its high bits are folded into the low ones, which choose the slot. */
function hashOf(text: string): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash ^ (hash >>> 15);
}
