import type { SuiteColumnType } from '../column-types.ts';

/** A data set as DuckDB has it, which SQL is made for. */
export interface AuditedTable {
  /** The table's or view's name. */
  readonly name: string;
  /** In the file's order, also those that the suite doesn't declare, which are texts. */
  readonly columns: readonly { readonly name: string; readonly type: SuiteColumnType }[];
  /** An expression that numbers the rows from 1, where they have an order. */
  readonly rowNumber?: string | undefined;
  /** The column that says on which day a row counts. */
  readonly time?: string | undefined;
  /** The day that all rows count for, where they are a state and have none of their own. */
  readonly day?: string | undefined;
}
