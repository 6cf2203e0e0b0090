import type { Mapping } from './mapping.ts';

/**
 * How a row that can't be converted is kept: in the file's own format, so that the repaired rows can be
 * imported with the same mapping. Parquet can't be edited, and rows of XML are none without what is around
 * them: those are kept as JSON Lines, with the mapping's columns alone.
 */
export function rejectedLine(
  raw: readonly string[],
  format: Mapping['format'],
  header: readonly string[],
): string {
  switch (format.type) {
    case 'jsonl':
      return `${raw[0] ?? ''}\n`;
    case 'parquet':
    case 'xml':
      return `${JSON.stringify(Object.fromEntries(header.map((name, at) => [name, raw[at]])))}\n`;
    default:
      return separatedLine(raw, format.type === 'csv' ? format.delimiter : '\t');
  }
}

/** What stands above such rows. */
export function rejectsHead(format: Mapping['format'], header: readonly string[]): string {
  if (format.type !== 'csv' && format.type !== 'tsv') return '';
  return header.length === 0 ? '' : rejectedLine(header, format, header);
}

/** The ending of a file of such rows. */
export function rejectsExtension(format: Mapping['format']): string {
  return format.type === 'parquet' || format.type === 'xml' ? 'jsonl' : format.type;
}

function separatedLine(cells: readonly string[], delimiter: string): string {
  return `${cells.map((cell) => quoted(cell, delimiter)).join(delimiter)}\n`;
}

function quoted(cell: string, delimiter: string): string {
  const isPlain = !cell.includes(delimiter) && !/["\r\n]/.test(cell);
  return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
}
