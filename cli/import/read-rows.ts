import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Mapping } from '../../core/mapping/mapping.ts';
import type { Row } from '../../core/mapping/row.ts';
import { UserError } from '../user-error.ts';

/** A record longer than this is an unclosed quote that swallows the file. */
const RECORD_CHARACTERS_MAX = 1_000_000;

/**
 * The header and the rows of a file. The header is empty for JSONL, whose rows name their fields.
 * @throws UserError when a column of the mapping is missing or the CSV is broken.
 */
export async function* readRows(
  content: Readable,
  path: string,
  mapping: Mapping,
  columns: readonly string[],
  onHeader: (header: readonly string[]) => void,
): AsyncGenerator<Row> {
  const { format } = mapping;
  if (format.type === 'jsonl') yield* readJsonLines(content, columns);
  else {
    const delimiter = format.type === 'csv' ? format.delimiter : '\t';
    yield* readSeparated(
      content,
      path,
      { delimiter, encoding: format.encoding },
      columns,
      onHeader,
    );
  }
}

async function* readSeparated(
  content: Readable,
  path: string,
  format: { delimiter: string; encoding: 'utf-8' | 'latin1' },
  columns: readonly string[],
  onHeader: (header: readonly string[]) => void,
): AsyncGenerator<Row> {
  const parser = parse({
    delimiter: format.delimiter,
    encoding: format.encoding === 'utf-8' ? 'utf8' : 'latin1',
    bom: true,
    // Rows of another length are refused one by one, not the whole file for them.
    relax_column_count: true,
    // Shops write 7" inside unquoted cells.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
  });
  content.on('error', (error) => parser.destroy(error));
  content.pipe(parser);
  let header: string[] | undefined;
  let places: number[] = [];
  let number = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = record.map((name) => name.trim());
        places = placesOf(columns, header, path);
        onHeader(header);
        continue;
      }
      number += 1;
      const cells = places.map((place) => record[place] ?? '');
      yield record.length === header.length
        ? { number, cells, raw: record }
        : { number, cells, raw: record, problem: 'wrong number of columns' };
    }
  } catch (error) {
    throw error instanceof CsvError ? broken(path, error) : error;
  } finally {
    content.destroy();
  }
  if (header === undefined) {
    throw new UserError(`${path} has no header.`, 'The first line must name the columns.');
  }
}

async function* readJsonLines(content: Readable, columns: readonly string[]): AsyncGenerator<Row> {
  const lines = createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY });
  // Readline doesn't pass on the errors of its input.
  let failure: Error | undefined;
  content.on('error', (error) => {
    failure = error;
    lines.close();
  });
  let number = 0;
  try {
    for await (const line of lines) {
      const text = number === 0 ? line.replace(/^\ufeff/, '') : line;
      if (text.trim() === '') continue;
      number += 1;
      const value = parseObject(text);
      yield value === undefined
        ? { number, cells: columns.map(() => ''), raw: [text], problem: 'not a JSON object' }
        : { number, cells: columns.map((column) => cellOf(value[column])), raw: [text] };
    }
  } finally {
    content.destroy();
  }
  if (failure !== undefined) throw failure;
}

function placesOf(columns: readonly string[], header: readonly string[], path: string): number[] {
  return columns.map((column) => {
    const place = header.indexOf(column);
    if (place >= 0) return place;
    throw new UserError(
      `${path} has no column "${column}", which the mapping names.`,
      `Its columns are: ${header.join(', ')}. Correct the mapping, or its "format" if these look wrong.`,
    );
  });
}

function broken(path: string, error: CsvError): UserError {
  const line = typeof error.lines === 'number' ? ` at line ${error.lines}` : '';
  return new UserError(
    `${path} is not well-formed${line}: ${error.code.replace('CSV_', '').toLowerCase().replaceAll('_', ' ')}.`,
    'Repair that line (an unclosed quotation mark is the usual cause) and run the import again; it resumes.',
  );
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
