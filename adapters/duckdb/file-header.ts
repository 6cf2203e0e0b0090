import { parse } from 'csv-parse';
import { FileError } from '../files/file-error.ts';
import type { StoredFile } from '../files/stored-file.ts';

/** A header is the file's first line; a longer one is no header. */
const HEADER_BYTES_MAX = 256 * 1024;

const encodings = { 'utf-8': 'utf8', 'latin-1': 'latin1', 'utf-16': 'utf16le' } as const;

export interface HeaderFormat {
  readonly delimiter: string;
  readonly encoding?: keyof typeof encodings | undefined;
}

/**
 * The names of a separated file's columns. They are read here and told to DuckDB, which left to itself guesses
 * them, and the dialect, from a sample of the rows.
 * @throws FileError for a file without any, or with one twice.
 */
export async function readHeader(file: StoredFile, format: HeaderFormat): Promise<string[]> {
  const encoding = encodings[format.encoding ?? 'utf-8'];
  const parser = parse({ delimiter: format.delimiter, bom: true, to: 1, encoding });
  const content = await file.read(0, Math.min(file.bytes, HEADER_BYTES_MAX));
  content.on('error', (error) => parser.destroy(error));
  content.pipe(parser);
  let names: string[] = [];
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      names = record;
      break;
    }
  } catch {
    throw new FileError(
      `${file.name} has no header that can be read.`,
      'Put the columns’ names into its first line, or set "delimiter" in the suite\'s format.',
    );
  } finally {
    content.destroy();
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === 0 || twice !== undefined) {
    throw new FileError(
      names.length === 0
        ? `${file.name} is empty.`
        : `${file.name} has two columns of the same name.`,
      'Its first line must name the columns, each once.',
      twice === undefined ? '' : `The name is: ${twice}.`,
    );
  }
  return names;
}
