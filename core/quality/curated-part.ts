import type { ColumnType, ColumnValue, CuratedColumn } from './curated-events.ts';

/** Values of one column, row by row; undefined is null. */
export interface ColumnData {
  readonly name: string;
  readonly type: ColumnType;
  readonly data: ColumnValue[];
}

/** Rows on their way to one file, kept as columns. */
export class CuratedPart<Row> {
  readonly columns: readonly ColumnData[];
  readonly #of: readonly CuratedColumn<Row>['of'][];
  #rowCount = 0;

  constructor(columns: readonly CuratedColumn<Row>[]) {
    this.columns = columns.map(({ name, type }) => ({ name, type, data: [] }));
    this.#of = columns.map((column) => column.of);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  add(row: Row): void {
    for (const [index, of] of this.#of.entries()) this.columns[index]?.data.push(of(row));
    this.#rowCount += 1;
  }
}
