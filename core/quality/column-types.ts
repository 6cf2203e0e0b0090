/** What a column of a data set can be. */
export const columnTypes = [
  'text',
  'integer',
  'number',
  'date',
  'time',
  'boolean',
  'json',
] as const;
export type SuiteColumnType = (typeof columnTypes)[number];
