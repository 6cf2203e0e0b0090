/** Texts at places of a body: one that stands there again in the next call is not made again. */
export class RepeatedTexts {
  readonly #bytes: Buffer;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #texts: string[];

  constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.#texts = Array.from({ length: count }, () => '');
  }

  /** The text from `start` to `end`, where that of this `index` is likely to be the one before. */
  of(index: number, start: number, end: number): string {
    const text = this.#texts[index] ?? '';
    if (this.#isLast(index, start, end)) return text;
    this.#starts[index] = start;
    this.#ends[index] = end;
    const read = this.#bytes.toString('utf8', start, end);
    this.#texts[index] = read;
    return read;
  }

  #isLast(index: number, start: number, end: number): boolean {
    const last = this.#starts[index] ?? 0;
    if ((this.#ends[index] ?? 0) - last !== end - start) return false;
    const bytes = this.#bytes;
    for (let offset = end - start - 1; offset >= 0; offset -= 1) {
      if (bytes[last + offset] !== bytes[start + offset]) return false;
    }
    return true;
  }
}
