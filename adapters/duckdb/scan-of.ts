import { basename } from 'node:path';
import { identifier, literal, literals } from '../../core/quality/sql/sql-text.ts';
import type { Suite } from '../../core/quality/suite.ts';
import { FileError } from '../files/file-error.ts';
import type { DatasetFiles } from './audit-database.ts';

/** How DuckDB reads the files of a data set. */
export interface Scan {
  readonly isParquet: boolean;
  /** The files, for people: no path above their names. */
  readonly shown: string;
  /** A relation with the source's columns. */
  columnsOf(declared: Suite['columns']): string;
  /** The relation that is read, each row once. */
  rows(declared: Suite['columns']): string;
  /** Counts, as `rows`, what could not be read, after the rows were. */
  readonly unreadable: string | undefined;
  explain(error: unknown): Error;
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

/** @throws FileError for a name that doesn't say how the file is written. */
export function scanOf({
  name,
  files,
  format,
}: Pick<DatasetFiles, 'name' | 'files' | 'format'>): Scan {
  const [first = ''] = files;
  const shown = files.length === 1 ? basename(first) : `${basename(first)} and its like`;
  const extension =
    basename(first)
      .toLowerCase()
      .replace(/\.(gz|zst)$/, '')
      .split('.')
      .at(-1) ?? '';
  const kind = kinds[extension];
  const list = `[${literals(files)}]`;
  const explain = (error: unknown) => explained(shown, error);
  switch (kind) {
    case 'parquet': {
      const relation = `read_parquet(${list})`;
      const same = () => relation;
      return {
        isParquet: true,
        shown,
        columnsOf: same,
        rows: same,
        unreadable: undefined,
        explain,
      };
    }
    case 'json':
      return jsonScan(list, shown, explain);
    case 'csv':
    case 'tsv': {
      const delimiter = format?.delimiter ?? (kind === 'tsv' ? '\t' : ',');
      // A table of its own: DuckDB adds to one that is there.
      const rejects = `unreadable_${name.replaceAll('-', '_')}`;
      return separatedScan(list, shown, { ...format, delimiter, rejects }, explain);
    }
    default:
      throw new FileError(
        `${shown} does not say what it is.`,
        `Name it .csv, .tsv, .ndjson or .parquet, with .gz or .zst behind it if it is packed.`,
      );
  }
}

/** Everything is stated: what is guessed from a file's beginning may be wrong at its end. */
function separatedScan(
  list: string,
  shown: string,
  format: NonNullable<Suite['format']> & { readonly delimiter: string; readonly rejects: string },
  explain: Scan['explain'],
): Scan {
  const { delimiter, encoding = 'utf-8', missing = [], rejects } = format;
  const options = `header = true, all_varchar = true, delim = ${literal(delimiter)}, quote = '"', escape = '"', comment = '', skip = 0, nullstr = [${literals(['', ...missing])}], encoding = ${literal(encoding)}`;
  return {
    isParquet: false,
    shown,
    columnsOf: () => `read_csv(${list}, ${options})`,
    rows: () =>
      `read_csv(${list}, ${options}, store_rejects = true, rejects_limit = 0, rejects_table = '${rejects}', rejects_scan = '${rejects}_scans')`,
    unreadable: `SELECT count(DISTINCT (file_id, line)) AS rows FROM ${rejects}`,
    explain,
  };
}

/** One JSON object a line; a line that is none is counted. */
function jsonScan(list: string, shown: string, explain: Scan['explain']): Scan {
  const objects = `read_ndjson_objects(${list}, ignore_errors = true, maximum_object_size = ${JSON_LINE_BYTES_MAX})`;
  const fields = (declared: Suite['columns']) =>
    Object.entries(declared)
      .filter(([, { from }]) => from === undefined)
      .map(
        ([name]) =>
          `json_extract_string(json, ${literal(`$."${name.replaceAll('"', '')}"`)}) AS ${identifier(name)}`,
      )
      .join(', ');
  const relation = (declared: Suite['columns']) =>
    `(SELECT ${fields(declared)} FROM ${objects} WHERE json_type(json) = 'OBJECT')`;
  return {
    isParquet: false,
    shown,
    columnsOf: relation,
    rows: relation,
    unreadable: `SELECT count(*) AS rows FROM ${objects} WHERE coalesce(json_type(json), '') <> 'OBJECT'`,
    explain,
  };
}

/** DuckDB's own messages quote the file's content; only what kind of trouble it is may be told. */
function explained(shown: string, error: unknown): Error {
  const text = error instanceof Error ? error.message : '';
  if (/No files found/i.test(text)) {
    return new FileError(`${shown} is not there.`, 'Check the path.');
  }
  if (/utf-?8|encoding/i.test(text)) {
    return new FileError(
      `${shown} is not UTF-8.`,
      'Set "encoding": "latin-1" in the suite\'s format, or convert the file.',
    );
  }
  if (/gzip|zstd|inflate|decompress/i.test(text)) {
    return new FileError(
      `${shown} is damaged: its compressed data is inconsistent.`,
      'Copy it again.',
    );
  }
  if (/Out of Memory|could not allocate|max_temp_directory_size/i.test(text)) {
    return new FileError(
      `${shown} is too large for this machine's bound.`,
      'Raise the memory, or audit a part of it.',
    );
  }
  const kind = /^(\w+ Error|[\w ]+Exception)/.exec(text)?.[1] ?? 'an error';
  return new FileError(
    `${shown} cannot be read (${kind}).`,
    'Look whether it is what its name says, and whether its first line names the columns.',
    text,
  );
}
