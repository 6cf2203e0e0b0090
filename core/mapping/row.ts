/** A row of a file or a record of a pulled source: the cells of the mapping's columns, or why it has none. */
export interface Row {
  /** Counted from 1, without the header and empty lines. */
  readonly number: number;
  /** One cell per column of the mapping, in `columnsOf` order; empty where the row has nothing. */
  readonly cells: readonly string[];
  /** The row as it came, for those that are refused. */
  readonly raw: readonly string[];
  readonly problem?: string;
}
