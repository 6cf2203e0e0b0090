/** Of a message id 64 bits are remembered. */
export const MARK_BYTES = 8;

/**
 * Marks held in memory at once: 128 MB. Older files beyond it are forgotten; their events count as
 * accepted once more and are recognised behind the stream.
 */
export const MARKS_MAX = 8_000_000;

/**
 * A set of message ids, by 64 bits of each: a table of typed numbers with linear probing. The ids are
 * digests, so their own bits spread. Two different ones are taken for the same with a chance of n²/2⁶⁵.
 */
export class MessageMarks {
  readonly #slots: Uint32Array;
  readonly #mask: number;

  /** @param count How many marks there will be at most. */
  constructor(count: number) {
    // A power of two, as probing wants it, at most half full.
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(1, count) * 2));
    this.#slots = new Uint32Array(2 * capacity);
    this.#mask = capacity - 1;
  }

  /** Adds the marks that `marksOf` wrote. */
  addAll(marks: Uint8Array): void {
    const view = new DataView(marks.buffer, marks.byteOffset, marks.byteLength);
    for (let at = 0; at + MARK_BYTES <= marks.byteLength; at += MARK_BYTES) {
      const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
      const place = this.#placeOf(high, low);
      this.#slots[2 * place] = high;
      this.#slots[2 * place + 1] = low;
    }
  }

  has(messageId: string): boolean {
    const mark = markOf(messageId);
    const place = this.#placeOf(mark.readUInt32BE(0), mark.readUInt32BE(4));
    return this.#slots[2 * place] !== 0 || this.#slots[2 * place + 1] !== 0;
  }

  #placeOf(high: number, low: number): number {
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const first = this.#slots[2 * place];
      const second = this.#slots[2 * place + 1];
      if ((first === high && second === low) || (first === 0 && second === 0)) return place;
    }
  }
}

/** The marks of message ids, one after the other. */
export function marksOf(messageIds: readonly string[]): Uint8Array {
  return Buffer.concat(messageIds.map(markOf));
}

/** `import-` and a digest in base64url, of which the first 64 bits; never zero, which means a free place. */
function markOf(messageId: string): Buffer {
  const mark = Buffer.from(messageId.slice(-DIGEST_CHARACTERS), 'base64url').subarray(
    0,
    MARK_BYTES,
  );
  const whole = Buffer.alloc(MARK_BYTES);
  mark.copy(whole);
  if (whole.readUInt32BE(4) === 0) whole.writeUInt32BE(1, 4);
  return whole;
}

const DIGEST_CHARACTERS = 22;
