import type { PlainValue } from '../condition.ts';

/** A name as DuckDB reads it whatever it holds. Source: https://duckdb.org/docs/stable/sql/dialect/keywords_and_identifiers */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text, number or truth value as SQL. A text has no escapes but the doubled quote. */
export function literal(value: PlainValue): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return String(value);
}

export function literals(values: readonly PlainValue[]): string {
  return values.map(literal).join(', ');
}

/** What stands in a column of another type than text where the text that was read is none of that type. */
export function asRead(column: string): string {
  return `${column} (as read)`;
}
