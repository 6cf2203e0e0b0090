import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Row } from '../../core/mapping/row.ts';
import { columnPlaces } from './column-places.ts';
import { FileError } from './file-error.ts';
import { BATCH_ROWS_MAX, type ReadingPlace, type RowBatch } from './read-rows.ts';

/** A record longer than this is an unclosed quote that swallows the file. */
export const RECORD_CHARACTERS_MAX = 1_000_000;

interface SeparatedFormat {
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'latin1';
  /** Columns that the file may lack. */
  readonly optionalColumns: readonly string[];
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly bytes: number };
}

/** Rows of CSV or TSV (RFC 4180, leniently). The first record of the file names the columns. */
export async function* readSeparated(
  content: Readable,
  name: string,
  format: SeparatedFormat,
  columns: readonly string[],
  from: ReadingPlace,
): AsyncGenerator<RowBatch> {
  const { optionalColumns } = format;
  const parser = separatedParser(format, from.offset === 0);
  content.on('error', (error) => parser.destroy(error));
  content.pipe(parser);
  let { header } = from;
  let places = from.offset === 0 ? [] : columnPlaces(columns, header, name, optionalColumns);
  let number = from.rows;
  let next = from;
  let rows: Row[] = [];
  let hasHeader = from.offset > 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      if (hasHeader) {
        number += 1;
        rows.push(rowOf(record, number, places, header.length));
      } else {
        header = record.map((one) => one.trim());
        places = columnPlaces(columns, header, name, optionalColumns);
        hasHeader = true;
      }
      next = { offset: from.offset + info.bytes, rows: number, header };
      if (rows.length < BATCH_ROWS_MAX) continue;
      yield { rows, next };
      rows = [];
    }
  } catch (error) {
    throw error instanceof CsvError ? broken(name, error, from.offset === 0) : error;
  }
  if (!hasHeader) {
    throw new FileError(`${name} has no header.`, 'The first line must name the columns.');
  }
  yield { rows, next };
}

function separatedParser({ delimiter, encoding }: SeparatedFormat, isBeginning: boolean) {
  return parse({
    delimiter,
    encoding: encoding === 'utf-8' ? 'utf8' : 'latin1',
    bom: isBeginning,
    // Stated, not discovered, so that a reading from the middle ends its lines as one from the start.
    record_delimiter: ['\r\n', '\n', '\r'],
    // Rows of another length are refused one by one, not the whole file for them.
    relax_column_count: true,
    // Shops write 7" inside unquoted cells.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    info: true,
  });
}

function rowOf(record: string[], number: number, places: readonly number[], width: number): Row {
  const cells = places.map((place) => record[place] ?? '');
  return record.length === width
    ? { number, cells, raw: record }
    : { number, cells, raw: record, problem: 'wrong number of columns' };
}

function broken(name: string, error: CsvError, knowsLine: boolean): FileError {
  const line = knowsLine && typeof error.lines === 'number' ? ` at line ${error.lines}` : '';
  return new FileError(
    `${name} is not well-formed${line}: ${error.code.replace('CSV_', '').toLowerCase().replaceAll('_', ' ')}.`,
    'Repair that line (an unclosed quotation mark is the usual cause) and import the file again.',
  );
}
