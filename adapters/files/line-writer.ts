import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFERED_LENGTH_MAX = 1_048_576;

/**
 * Writes lines to a file, in pieces of a megabyte and at once: who produces a million lines a second waits for
 * no promise, and a full disk is an error right there.
 */
export class LineWriter {
  readonly #file: number;
  #buffered = '';
  #bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** Written to the file so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(line: string): void {
    this.#buffered += line;
    this.#buffered += '\n';
    if (this.#buffered.length > BUFFERED_LENGTH_MAX) this.#flush();
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = '';
    for (let from = 0; from < bytes.byteLength; ) {
      from += writeSync(this.#file, bytes, from);
    }
    this.#bytes += bytes.byteLength;
  }
}
