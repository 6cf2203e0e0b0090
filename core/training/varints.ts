/**
 * Unsigned integers in as many bytes as they need: seven bits each, the lowest first, the eighth bit set
 * where another byte follows (LEB128, https://webassembly.github.io/spec/core/binary/values.html#integers).
 */

const INITIAL_BYTES = 1024;
/** Of 32 bits. */
const VARINT_BYTES_MAX = 5;

export class VarintWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  write(value: number): void {
    if (this.#length + VARINT_BYTES_MAX > this.#bytes.length) this.#grow();
    let left = value >>> 0;
    while (left > 0x7f) {
      this.#bytes[this.#length++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#length++] = left;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(): void {
    const wider = new Uint8Array(2 * this.#bytes.length);
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}

/** Reads what was written; past the end it gives zeros and `isSound` is false. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isSound = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): number {
    let value = 0;
    for (let shift = 0; shift < 7 * VARINT_BYTES_MAX; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    this.#isSound = false;
    return 0;
  }

  /** Whether everything that was read was there, and nothing is left. */
  get isAtEnd(): boolean {
    return this.#isSound && this.#at === this.#bytes.length;
  }
}
