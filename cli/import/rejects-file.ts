import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { rejectedLine, rejectsHead } from '../../core/mapping/rejected-row.ts';
import type { Row } from '../../core/mapping/row.ts';
import { unwritable } from './import-state.ts';

/**
 * Keeps the rows that the mapping can't convert, in the form of `rejectedLine`. They stay on this machine, where they already are; the collector
 * is for events, and these are none.
 */
export class RejectsFile {
  readonly path: string;
  readonly #format: Mapping['format'];
  #header: readonly string[] = [];
  #stream: WriteStream | undefined;
  #failure: unknown;
  rowCount = 0;

  constructor(path: string, format: Mapping['format']) {
    this.path = path;
    this.#format = format;
  }

  setHeader(header: readonly string[]): void {
    this.#header = header;
  }

  async add(rows: readonly Row[]): Promise<void> {
    const stream = this.#stream ?? (await this.#open());
    this.rowCount += rows.length;
    const isReady = stream.write(
      rows.map((row) => rejectedLine(row.raw, this.#format, this.#header)).join(''),
    );
    if (!isReady && this.#failure === undefined)
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    this.#throwFailure();
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    await new Promise<void>((resolve) => stream.end(resolve));
    this.#throwFailure();
  }

  /** Removes what an earlier run of the import left. */
  async clear(): Promise<void> {
    try {
      await rm(this.path, { force: true });
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  async #open(): Promise<WriteStream> {
    await mkdir(dirname(this.path), { recursive: true });
    const stream = createWriteStream(this.path);
    stream.on('error', (error) => {
      this.#failure = error;
    });
    stream.write(rejectsHead(this.#format, this.#header));
    this.#stream = stream;
    return stream;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw unwritable(this.path, this.#failure);
  }
}
