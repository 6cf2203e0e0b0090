import type { Readable } from 'node:stream';
import type { Row } from '../../core/mapping/row.ts';
import { FileError } from './file-error.ts';
import { BATCH_ROWS_MAX, type ReadingPlace, type RowBatch } from './read-rows.ts';

/** A longer line is no row but a file without line ends. */
const LINE_BYTES_MAX = 4_000_000;
const LINE_FEED = 0x0a;

/** Rows of JSON Lines: an object a line, whose keys are the columns. */
export async function* readJsonLines(
  content: Readable,
  name: string,
  columns: readonly string[],
  from: ReadingPlace,
): AsyncGenerator<RowBatch> {
  let number = from.rows;
  let rows: Row[] = [];
  let next = from;
  for await (const { line, end } of linesOf(content, name, from.offset)) {
    const text = (number === 0 ? line.replace(/^\ufeff/, '') : line).trim();
    if (text !== '') {
      number += 1;
      rows.push(rowOf(text, number, columns));
    }
    next = { offset: end, rows: number, header: [] };
    if (rows.length < BATCH_ROWS_MAX) continue;
    yield { rows, next };
    rows = [];
  }
  yield { rows, next };
}

/** Lines and the bytes up to each one's end. They are cut as bytes: that is what a place is counted in. */
async function* linesOf(
  content: Readable,
  name: string,
  offset: number,
): AsyncGenerator<{ line: string; end: number }> {
  let rest = Buffer.alloc(0);
  let end = offset;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (
      let at = bytes.indexOf(LINE_FEED, rest.length);
      at >= 0;
      at = bytes.indexOf(LINE_FEED, start)
    ) {
      end += at + 1 - start;
      yield { line: bytes.toString('utf8', start, at), end };
      start = at + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > LINE_BYTES_MAX) {
      throw new FileError(
        `${name} has a line of more than ${LINE_BYTES_MAX} bytes.`,
        'JSON Lines has one object a line; convert an array with jq -c ".[]".',
      );
    }
  }
  if (rest.length > 0) yield { line: rest.toString('utf8'), end: end + rest.length };
}

function rowOf(text: string, number: number, columns: readonly string[]): Row {
  const value = parseObject(text);
  return value === undefined
    ? { number, cells: columns.map(() => ''), raw: [text], problem: 'not a JSON object' }
    : { number, cells: columns.map((column) => cellOf(value[column])), raw: [text] };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
