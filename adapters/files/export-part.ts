import { gzipSync } from 'node:zlib';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { ExportFormat } from '../../core/blocks/recommendation-export.ts';
import type { ColumnType, ColumnValue } from '../../core/quality/curated-events.ts';
import type { ColumnData } from '../../core/quality/curated-part.ts';

const parquetTypes = {
  string: 'STRING',
  integer: 'INT32',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
} as const satisfies Record<ColumnType, string>;

/** Rows as a file; the same rows give the same bytes. JSON Lines and CSV are packed with gzip. */
export function encodePart(format: ExportFormat, columns: readonly ColumnData[]): Uint8Array {
  if (format === 'parquet') return parquetPart(columns);
  const rowCount = columns[0]?.data.length ?? 0;
  const lines: string[] = format === 'csv' ? [columns.map(({ name }) => name).join()] : [];
  const line = format === 'csv' ? csvLine : jsonLine;
  for (let row = 0; row < rowCount; row += 1) lines.push(line(columns, row));
  return gzipSync(lines.map((text) => `${text}\n`).join(''));
}

function parquetPart(columns: readonly ColumnData[]): Uint8Array {
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: columns.map(({ name, type, data }) => ({ name, data, type: parquetTypes[type] })),
  });
  return writer.getBytes();
}

function jsonLine(columns: readonly ColumnData[], row: number): string {
  return JSON.stringify(
    Object.fromEntries(columns.map(({ name, data }) => [name, plain(data[row]) ?? null])),
  );
}

/** RFC 4180, but for line ends within a field: they become spaces, so that a row is always one line. */
function csvLine(columns: readonly ColumnData[], row: number): string {
  return columns.map(({ data }) => csvField(plain(data[row]))).join();
}

function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  // An empty text is in quotes, so that loaders tell it from null.
  return `"${value.replaceAll(/[\r\n]+/g, ' ').replaceAll('"', '""')}"`;
}

function plain(value: ColumnValue): string | number | undefined {
  return value instanceof Date ? value.toISOString() : value;
}
