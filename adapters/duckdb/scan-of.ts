import { basename } from 'node:path';
import { identifier, literal, literals } from '../../core/quality/sql/sql-text.ts';
import type { Suite } from '../../core/quality/suite.ts';
import { FileError } from '../files/file-error.ts';
import type { StoredFile } from '../files/stored-file.ts';
import { readHeader } from './file-header.ts';

/** How DuckDB reads the files of a data set. */
export interface Scan {
  readonly isParquet: boolean;
  /** The relation that is read, each row once. */
  readonly rows: string;
  /** Counts, as `rows`, what could not be read, after the rows were. */
  readonly unreadable: string | undefined;
}

export interface ScannedDataset {
  readonly name: string;
  /** Unpacked, their names being paths. */
  readonly files: readonly StoredFile[];
  /** The first file's name as people know it. */
  readonly shown: string;
  readonly columns: Suite['columns'];
  readonly format?: Suite['format'];
}

/** A longer JSON document in one line is no row. */
const JSON_LINE_BYTES_MAX = 16 * 1024 * 1024;

const kinds: Readonly<Record<string, 'csv' | 'tsv' | 'json' | 'parquet'>> = {
  csv: 'csv',
  txt: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'json',
  jsonl: 'json',
  json: 'json',
  parquet: 'parquet',
};

/** @throws FileError for a name that doesn't say how the file is written, and for a header that can't be read. */
export async function scanOf(dataset: ScannedDataset): Promise<Scan> {
  const { files, shown, format, columns } = dataset;
  const list = `[${literals(files.map(({ name }) => name))}]`;
  const kind = kindOf(shown);
  switch (kind) {
    case 'parquet':
      return { isParquet: true, rows: `read_parquet(${list})`, unreadable: undefined };
    case 'json':
      return jsonScan(list, columns);
    default: {
      const delimiter = format?.delimiter ?? (kind === 'tsv' ? '\t' : ',');
      const header = await sameHeader(files, { ...format, delimiter });
      return separatedScan(list, header, { ...format, delimiter }, dataset.name);
    }
  }
}

function kindOf(shown: string): 'csv' | 'tsv' | 'json' | 'parquet' {
  const plain = shown.toLowerCase().replace(/\.(gz|zst)$/, '');
  const kind = kinds[plain.split('.').at(-1) ?? ''];
  if (kind !== undefined) return kind;
  throw new FileError(
    `${shown} does not say what it is.`,
    'Name it .csv, .tsv, .ndjson or .parquet, with .gz or .zst behind it if it is packed.',
  );
}

async function sameHeader(
  files: readonly StoredFile[],
  format: Parameters<typeof readHeader>[1],
): Promise<string[]> {
  const headers = await Promise.all(files.map((file) => readHeader(file, format)));
  const [first = []] = headers;
  const other = headers.findIndex((header) => header.join('\n') !== first.join('\n'));
  if (other < 0) return first;
  throw new FileError(
    `${basename(files[other]?.name ?? '')} has other columns than the first file, or in another order.`,
    'Audit them one by one.',
  );
}

/** Everything is stated: what is guessed from a file's beginning may be wrong at its end. */
function separatedScan(
  list: string,
  header: readonly string[],
  format: NonNullable<Suite['format']> & { readonly delimiter: string },
  name: string,
): Scan {
  const { delimiter, encoding = 'utf-8', missing = [] } = format;
  const columns = header.map((column) => `${literal(column)}: 'VARCHAR'`).join(', ');
  // A table of its own: DuckDB adds to one that is there.
  const rejects = `unreadable_${name.replaceAll('-', '_')}`;
  const options = [
    'auto_detect = false, header = true',
    `columns = {${columns}}`,
    `delim = ${literal(delimiter)}, quote = '"', escape = '"'`,
    `nullstr = [${literals(['', ...missing])}], encoding = ${literal(encoding)}`,
    `store_rejects = true, rejects_limit = 0, rejects_table = '${rejects}', rejects_scan = '${rejects}_scans'`,
  ];
  return {
    isParquet: false,
    rows: `read_csv(${list}, ${options.join(', ')})`,
    unreadable: `SELECT count(DISTINCT (file_id, line)) AS rows FROM ${rejects}`,
  };
}

/** One JSON object a line; a line that is none is counted. */
function jsonScan(list: string, declared: Suite['columns']): Scan {
  const objects = `read_ndjson_objects(${list}, ignore_errors = true, maximum_object_size = ${JSON_LINE_BYTES_MAX})`;
  const fields = Object.entries(declared)
    .filter(([, { from }]) => from === undefined)
    .map(([name]) => {
      const path = literal(`$."${name.replaceAll('"', '')}"`);
      return `json_extract_string(json, ${path}) AS ${identifier(name)}`;
    });
  return {
    isParquet: false,
    rows: `(SELECT ${fields.join(', ')} FROM ${objects} WHERE json_type(json) = 'OBJECT')`,
    unreadable: `SELECT count(*) AS rows FROM ${objects} WHERE coalesce(json_type(json), '') <> 'OBJECT'`,
  };
}

/** DuckDB's own messages quote the file's content; only what kind of trouble it is may be told. */
export function explainedRead(shown: string, error: unknown): Error {
  if (error instanceof FileError) return error;
  const [text = ''] = (error instanceof Error ? error.message : '').split('\n');
  if (/unicode|not utf-?8 encoded/i.test(text)) {
    return new FileError(
      `${shown} is not UTF-8.`,
      'Set "encoding": "latin-1" in the suite\'s format, or convert the file.',
    );
  }
  if (/Out of Memory|could not allocate|max_temp_directory_size/i.test(text)) {
    return new FileError(
      `${shown} is too large for the memory and disk that it may use.`,
      'Raise the memory, or audit a part of it.',
    );
  }
  const kind = /^[A-Z][\w -]* Error(?=:)/.exec(text)?.[0] ?? 'an error';
  return new FileError(
    `${shown} cannot be read (${kind}).`,
    'Look whether it is what its name says, and whether its first line names the columns.',
    text,
  );
}
