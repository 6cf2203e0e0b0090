import type { Readable } from 'node:stream';
import sax from 'sax';
import type { Row } from '../../core/mapping/row.ts';
import { FileError } from './file-error.ts';
import { BATCH_ROWS_MAX, type ReadingPlace, type RowBatch } from './read-rows.ts';

/** A longer value is no product's text but a file whose elements were never closed. */
const VALUE_CHARACTERS_MAX = 100_000;

interface XmlFormat {
  /** Local name of a row's element. */
  readonly row: string;
  readonly encoding: 'utf-8' | 'latin1';
}

/**
 * Rows of XML, e.g. of an RSS 2.0 or Atom feed: the elements of a name, whose children are the columns. Of
 * names the part behind the prefix counts (`g:price` is `price`); of a child that stands twice the first;
 * of one without a text its `href`. Entities of a document type are not resolved.
 *
 * A place in the middle can't be entered: the file is parsed from its beginning and the rows up to there
 * are left out. A step of an import reads gigabytes, so that this happens to no feed.
 */
export async function* readXml(
  content: Readable,
  name: string,
  format: XmlFormat,
  columns: readonly string[],
  from: ReadingPlace,
): AsyncGenerator<RowBatch> {
  const reader = new RowReader(name, format.row, columns);
  const decoder = new TextDecoder(format.encoding === 'latin1' ? 'latin1' : 'utf-8');
  const header = [...columns];
  const placeAfter = (rows: number): ReadingPlace => ({ offset: 0, rows, header });
  let pending: Row[] = [];
  for await (const chunk of content as AsyncIterable<Buffer>) {
    reader.write(decoder.decode(chunk, { stream: true }));
    pending.push(...reader.take().filter(({ number }) => number > from.rows));
    while (pending.length >= BATCH_ROWS_MAX) {
      const rows = pending.slice(0, BATCH_ROWS_MAX);
      pending = pending.slice(BATCH_ROWS_MAX);
      yield { rows, next: placeAfter(rows.at(-1)?.number ?? 0) };
    }
  }
  reader.write(decoder.decode());
  reader.close();
  pending.push(...reader.take().filter(({ number }) => number > from.rows));
  yield { rows: pending, next: placeAfter(pending.at(-1)?.number ?? from.rows) };
}

/** Collects rows while the parser goes through the text. */
class RowReader {
  readonly #parser = sax.parser(true, { position: true });
  readonly #name: string;
  readonly #columns: readonly string[];
  #rows: Row[] = [];
  #number = 0;
  /** Names of the open elements below the row's own; undefined outside of a row. */
  #path: string[] | undefined;
  #cells = new Map<string, string>();
  #text = '';
  #href = '';
  #problem: string | undefined;

  constructor(name: string, rowName: string, columns: readonly string[]) {
    this.#name = name;
    this.#columns = columns;
    this.#parser.onopentag = ({ name: qualified, attributes }) => {
      const local = localName(qualified);
      if (this.#path !== undefined) this.#openInside(local, String(attributes.href ?? ''));
      else if (local === rowName) this.#begin();
    };
    this.#parser.onclosetag = () => this.#closeTag();
    const addText = (text: string) => {
      // Of a child alone: what stands between children is white space.
      if (this.#path?.length !== 1) return;
      if (this.#text.length + text.length <= VALUE_CHARACTERS_MAX) this.#text += text;
      else this.#problem = `a value of more than ${VALUE_CHARACTERS_MAX} characters`;
    };
    this.#parser.ontext = addText;
    this.#parser.oncdata = addText;
    this.#parser.onerror = () => {
      throw this.#broken();
    };
  }

  write(text: string): void {
    if (text !== '') this.#parser.write(text);
  }

  /** @throws FileError where elements are still open: the file was cut off. */
  close(): void {
    this.#parser.close();
  }

  /** The rows since the last call. */
  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #begin(): void {
    this.#path = [];
    this.#cells = new Map();
    this.#problem = undefined;
  }

  #openInside(local: string, href: string): void {
    this.#path?.push(local);
    if (this.#path?.length !== 1) return;
    this.#text = '';
    this.#href = href;
  }

  #closeTag(): void {
    if (this.#path === undefined) return;
    const closed = this.#path.pop();
    if (closed === undefined) this.#end();
    else if (this.#path.length === 0 && !this.#cells.has(closed)) {
      this.#cells.set(closed, this.#text.trim() || this.#href);
    }
  }

  #end(): void {
    this.#path = undefined;
    this.#number += 1;
    const cells = this.#columns.map((column) => this.#cells.get(column) ?? '');
    this.#rows.push({
      number: this.#number,
      cells,
      raw: cells,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    });
  }

  #broken(): FileError {
    return new FileError(
      `${this.#name} is not well-formed XML at line ${this.#parser.line + 1}, or was cut off there.`,
      'Export it again; a validator such as xmllint names the mistake.',
    );
  }
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}
