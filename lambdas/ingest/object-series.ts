/** Lines written to numbered objects of bounded size, counted from 1. */
export class ObjectSeries {
  readonly #bytesMax: number;
  readonly #put: (number: number, text: string) => Promise<void>;
  #count: number;
  #lines: string[] = [];
  #bytes = 0;
  /** One object is under way while the next is filled. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: {
    /** Objects written by earlier steps. */
    readonly count: number;
    readonly bytesMax: number;
    readonly put: (number: number, text: string) => Promise<void>;
  }) {
    this.#count = options.count;
    this.#bytesMax = options.bytesMax;
    this.#put = options.put;
  }

  /** Objects so far, the open one left out. */
  get count(): number {
    return this.#count;
  }

  /** Takes a line with its end. Characters stand for bytes: a bound need not be exact. */
  async add(line: string): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + line.length > this.#bytesMax) await this.#next();
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  /** Writes the open object; resolves when all of them are durable. */
  async flush(): Promise<void> {
    if (this.#bytes > 0) await this.#next();
    await this.#writing;
  }

  async #next(): Promise<void> {
    await this.#writing;
    this.#count += 1;
    this.#writing = this.#put(this.#count, this.#lines.join(''));
    // Awaited with the next one; until then a failure is nobody's yet.
    this.#writing.catch(() => undefined);
    this.#lines = [];
    this.#bytes = 0;
  }
}
