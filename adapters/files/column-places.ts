import { FileError } from './file-error.ts';

/**
 * Where the columns stand in the header.
 * @throws FileError for one that is missing. What the header holds is kept apart: in a file without one
 * it is the first customer.
 */
export function columnPlaces(
  columns: readonly string[],
  header: readonly string[],
  name: string,
  /** Columns that may be missing: their place is -1. */
  optional: readonly string[] = [],
): number[] {
  return columns.map((column) => {
    const place = header.indexOf(column);
    if (place >= 0 || optional.includes(column)) return place;
    throw new FileError(
      `${name} has no column "${column}", which the mapping names.`,
      'Correct the mapping, or its "format" if the columns look wrong.',
      `Its columns are: ${header.join(', ')}.`,
    );
  });
}
