/**
 * A set of ids that remembers only 64 bits of each, in typed arrays: about 13–27 bytes per id where
 * a Set of strings takes a hundred, and no limit of 16.7 million entries. Two different ids are taken
 * for the same with a chance of n²/2⁶⁵: one in 300,000 for ten million ids.
 */
export class SeenIds {
  #slots = new Uint32Array(2 * INITIAL_CAPACITY);
  #size = 0;

  /** The set that `toBytes` gave. @throws RangeError for bytes of another length than it gives. */
  static fromBytes(bytes: Uint8Array): SeenIds {
    const seen = new SeenIds();
    // A copy, as the bytes may begin at any place of a larger buffer.
    seen.#slots = new Uint32Array(bytes.slice().buffer);
    for (let slot = 0; slot < seen.#slots.length; slot += 2) {
      if (seen.#slots[slot] !== 0 || seen.#slots[slot + 1] !== 0) seen.#size++;
    }
    return seen;
  }

  /** The set as it lies in memory, little-endian on every machine that Lambda has. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#slots.buffer.slice(0));
  }

  /** Adds an id; false where it was there already. */
  add(id: string): boolean {
    const [high, low] = hash64(id);
    const place = placeOf(this.#slots, high, low);
    if (this.#slots[2 * place] !== 0 || this.#slots[2 * place + 1] !== 0) return false;
    this.#slots[2 * place] = high;
    this.#slots[2 * place + 1] = low;
    this.#size++;
    if (this.#size * 2 * LOAD_INVERSE > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let slot = 0; slot < old.length; slot += 2) {
      const high = old[slot] as number;
      const low = old[slot + 1] as number;
      if (high === 0 && low === 0) continue;
      const place = placeOf(this.#slots, high, low);
      this.#slots[2 * place] = high;
      this.#slots[2 * place + 1] = low;
    }
  }
}

/** A power of two, as probing wants it. */
const INITIAL_CAPACITY = 1024;
/** Grows when more than 1 / LOAD_INVERSE of the slots are taken, so that probes stay short. */
const LOAD_INVERSE = 1.6;

/** The slot that holds the hash, or the free one where it belongs (linear probing). */
function placeOf(slots: Uint32Array, high: number, low: number): number {
  const mask = slots.length / 2 - 1;
  for (let place = low & mask; ; place = (place + 1) & mask) {
    const first = slots[2 * place] as number;
    const second = slots[2 * place + 1] as number;
    if ((first === high && second === low) || (first === 0 && second === 0)) return place;
  }
}

/** Two multiply-xor hashes with a last mix (after cyrb53, public domain); never two zeroes. */
function hash64(text: string): readonly [number, number] {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x9e3779b1);
    two = Math.imul(two ^ code, 0x5f356495);
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(two ^ (two >>> 13), 0xc2b2ae35);
  two = Math.imul(two ^ (two >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return [one >>> 0, two >>> 0 || 1];
}
