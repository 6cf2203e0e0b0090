import type { Readable } from 'node:stream';
import * as z from 'zod';
import { columnsOf, type Mapping } from '../../core/mapping/mapping.ts';
import type { Row } from '../../core/mapping/row.ts';
import { FileError } from './file-error.ts';
import { checkedUtf8, openContent, packingOf, withFileErrors } from './packing.ts';
import { readJsonLines } from './read-json-lines.ts';
import { readParquet } from './read-parquet.ts';
import { readSeparated } from './read-separated.ts';
import { readXml } from './read-xml.ts';
import type { StoredFile } from './stored-file.ts';

/** A place between two rows, from which a later reading goes on. */
export const readingPlace = z.object({
  /** Bytes of the unpacked content; in Parquet, rows. */
  offset: z.int().nonnegative(),
  /** Rows before it. */
  rows: z.int().nonnegative(),
  /** The names of the columns; empty for JSON Lines, whose rows name their fields. */
  header: z.array(z.string()),
});
export type ReadingPlace = z.infer<typeof readingPlace>;

export const FIRST_PLACE: ReadingPlace = { offset: 0, rows: 0, header: [] };

export interface RowBatch {
  readonly rows: readonly Row[];
  /** Where the next batch begins. */
  readonly next: ReadingPlace;
}

/** Rows handed on at once: few enough to wait for, enough that waiting costs nothing. */
export const BATCH_ROWS_MAX = 500;

/**
 * The rows of a file from a place on, in constant memory: CSV, TSV, JSON Lines and XML, plain, gzip or
 * zstd, and Parquet.
 * @throws FileError when the file is damaged, is of another format than the mapping says, or lacks a
 * column that the mapping names.
 */
export async function* readRows(
  file: StoredFile,
  mapping: Mapping,
  from: ReadingPlace = FIRST_PLACE,
): AsyncGenerator<RowBatch> {
  const { format } = mapping;
  const columns = columnsOf(mapping);
  const packing = await packingOf(file);
  if ((packing === 'parquet') !== (format.type === 'parquet')) {
    throw new FileError(
      `${file.name} is ${packing === 'parquet' ? '' : 'not '}a Parquet file, but its mapping's format is ${format.type}.`,
      'Correct the mapping\'s "format", or the file.',
    );
  }
  if (packing === 'parquet') {
    yield* readParquet(file, columns, from);
    return;
  }
  const encoding = 'encoding' in format ? format.encoding : 'utf-8';
  const content = await openContent(file, packing, format.type === 'xml' ? 0 : from.offset);
  const decodable = encoding === 'utf-8' ? checkedUtf8(content) : content;
  try {
    yield* withFileErrors(file.name, batchesOf(decodable, file.name, mapping, from));
  } finally {
    decodable.destroy();
    content.destroy();
  }
}

function batchesOf(
  content: Readable,
  name: string,
  mapping: Mapping,
  from: ReadingPlace,
): AsyncGenerator<RowBatch> {
  const { format, optionalColumns } = mapping;
  const columns = columnsOf(mapping);
  switch (format.type) {
    case 'csv':
    case 'tsv': {
      const delimiter = format.type === 'csv' ? format.delimiter : '\t';
      const separated = { delimiter, encoding: format.encoding, optionalColumns };
      return readSeparated(content, name, separated, columns, from);
    }
    case 'xml':
      return readXml(content, name, format, columns, from);
    default:
      return readJsonLines(content, name, columns, from);
  }
}
