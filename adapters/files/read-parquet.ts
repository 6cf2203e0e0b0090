import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Row } from '../../core/mapping/row.ts';
import { columnPlaces } from './column-places.ts';
import { FileError } from './file-error.ts';
import { BATCH_ROWS_MAX, type ReadingPlace, type RowBatch } from './read-rows.ts';
import { readPart, type StoredFile } from './stored-file.ts';

/**
 * Unpacked bytes of the mapping's columns in one row group, which is read as a whole. Writers make
 * groups of about 128 MB over all columns, or of a million rows.
 */
const GROUP_BYTES_MAX = 128 * 1024 * 1024;

/** Rows of Parquet, one row group at a time and of it only the mapping's columns. */
export async function* readParquet(
  file: StoredFile,
  columns: readonly string[],
  from: ReadingPlace,
): AsyncGenerator<RowBatch> {
  const source = new ParquetSource(file);
  const metadata = await source.metadata();
  columnPlaces(columns, columnNames(metadata), file.name);
  const header = [...columns];
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    if (groupEnd > from.rows) {
      checkSize(file, group, columns);
      const read = await source.columns(metadata, header, groupStart, groupEnd);
      const start = Math.max(groupStart, from.rows);
      for (let row = start; row < groupEnd; row += BATCH_ROWS_MAX) {
        const end = Math.min(groupEnd, row + BATCH_ROWS_MAX);
        yield { rows: rowsOf(read, row, end), next: { offset: end, rows: end, header } };
      }
    }
    groupStart = groupEnd;
  }
  yield { rows: [], next: { offset: groupStart, rows: groupStart, header } };
}

/** A run of a column's values, beginning at a row of the file. */
interface Piece {
  readonly start: number;
  readonly values: DecodedArray;
}

/** The file as the Parquet reader asks for it; tells a damaged file from a store that fails. */
class ParquetSource {
  readonly #file: StoredFile;
  readonly #buffer: AsyncBuffer;
  #storeFailure: unknown;

  constructor(file: StoredFile) {
    this.#file = file;
    this.#buffer = {
      byteLength: file.bytes,
      slice: async (start, end = file.bytes) => {
        try {
          const part = await readPart(file, start, end);
          return new Uint8Array(part).buffer;
        } catch (error) {
          this.#storeFailure = error;
          throw error;
        }
      },
    };
  }

  metadata(): Promise<FileMetaData> {
    return this.#checked(parquetMetadataAsync(this.#buffer));
  }

  /** The columns' values of a row group, in the columns' order. */
  async columns(
    metadata: FileMetaData,
    columns: string[],
    rowStart: number,
    rowEnd: number,
  ): Promise<Column[]> {
    const pieces = new Map<string, Piece[]>(columns.map((name) => [name, []]));
    await this.#checked(
      parquetRead({
        file: this.#buffer,
        metadata,
        columns,
        rowStart,
        rowEnd,
        compressors,
        onChunk: (chunk) =>
          pieces.get(chunk.columnName)?.push({ start: chunk.rowStart, values: chunk.columnData }),
      }),
    );
    return columns.map((name) => new Column(pieces.get(name) ?? []));
  }

  async #checked<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      if (this.#storeFailure !== undefined || error instanceof FileError) throw error;
      throw new FileError(
        `${this.#file.name} is damaged or truncated: its Parquet data can't be read.`,
        'Export or copy it again.',
      );
    }
  }
}

/** A column's values, read from its first row to its last. */
class Column {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces.toSorted((a, b) => a.start - b.start);
  }

  value(row: number): unknown {
    let piece = this.#pieces[this.#at];
    while (piece !== undefined && row >= piece.start + piece.values.length) {
      this.#at += 1;
      piece = this.#pieces[this.#at];
    }
    return piece?.values[row - piece.start];
  }
}

function rowsOf(columns: readonly Column[], start: number, end: number): Row[] {
  const rows: Row[] = [];
  for (let row = start; row < end; row += 1) {
    const cells = columns.map((column) => cellOf(column.value(row)));
    // Only the mapping's columns are read, so that two rows which differ in others alone are equal.
    rows.push({ number: row + 1, cells, raw: cells });
  }
  return rows;
}

function columnNames(metadata: FileMetaData): string[] {
  const [root, ...elements] = metadata.schema;
  const names: string[] = [];
  let at = 0;
  for (let child = 0; child < (root?.num_children ?? 0); child += 1) {
    names.push(elements[at]?.name ?? '');
    at = behind(elements, at);
  }
  return names;
}

/** The schema is a tree written as a list: the place behind an element and all that is below it. */
function behind(elements: FileMetaData['schema'], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (elements[at]?.num_children ?? 0); child += 1) {
    next = behind(elements, next);
  }
  return next;
}

function checkSize(
  file: StoredFile,
  group: FileMetaData['row_groups'][number],
  columns: readonly string[],
): void {
  let bytes = 0;
  for (const { meta_data } of group.columns) {
    if (columns.includes(meta_data?.path_in_schema[0] ?? '')) {
      bytes += Number(meta_data?.total_uncompressed_size ?? 0);
    }
  }
  if (bytes <= GROUP_BYTES_MAX) return;
  throw new FileError(
    `${file.name} has a row group of ${bytes} bytes in the mapping's columns, more than ${GROUP_BYTES_MAX}.`,
    'Write it with smaller row groups, e.g. 100,000 rows.',
  );
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value, plain) : String(value);
}

/** JSON has no 64-bit integers. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
