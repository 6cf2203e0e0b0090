import type { SuiteColumnType } from '../column-types.ts';
import { INTEGER_PATTERN, NUMBER_PATTERN } from '../row-value.ts';
import type { SuiteColumn } from '../suite.ts';
import { asRead, identifier, literal } from './sql-text.ts';

/** A column as a file has it, with DuckDB's type. */
export interface SourceColumn {
  readonly name: string;
  readonly type: string;
}

export interface TypedColumns {
  /** The select list: each column in its type and, of types other than text, what could not be read as it. */
  readonly select: string;
  readonly columns: readonly { readonly name: string; readonly type: SuiteColumnType }[];
  /** Columns that the suite declares and the file hasn't. */
  readonly missing: readonly string[];
}

const sqlTypes: Readonly<Record<SuiteColumnType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  date: 'DATE',
  time: 'TIMESTAMP',
  boolean: 'BOOLEAN',
  json: 'VARCHAR',
};

/**
 * Gives every column the type that the suite declares. A text that is no value of it becomes null, and
 * stands in a column beside it, so that it is told from a missing one. Columns that the suite doesn't
 * declare stay texts: rows are only the same if those are too.
 */
export function typedColumns(
  source: readonly SourceColumn[],
  declared: Readonly<Record<string, SuiteColumn>>,
): TypedColumns {
  const own = source.map(({ name, type }) => ({
    name,
    type: declared[name]?.type ?? ('text' as const),
    value: identifier(name),
    isText: type === 'VARCHAR',
  }));
  const fields = Object.entries(declared).flatMap(([name, { type, from }]) =>
    from === undefined ? [] : [{ name, type, value: fieldIn(from), isText: true }],
  );
  const names = new Set([...own, ...fields].map(({ name }) => name));
  const select = [...own, ...fields].flatMap(({ name, type, value, isText }) => {
    const typed = typedValue(value, type, isText);
    if (type === 'text') return [`${typed} AS ${identifier(name)}`];
    const unread = `CASE WHEN ${typed} IS NULL THEN nullif(CAST(${value} AS VARCHAR), '') END`;
    return [`${typed} AS ${identifier(name)}`, `${unread} AS ${identifier(asRead(name))}`];
  });
  return {
    select: select.join(',\n  '),
    columns: [...own, ...fields].map(({ name, type }) => ({ name, type })),
    missing: Object.keys(declared).filter((name) => !names.has(name)),
  };
}

function typedValue(value: string, type: SuiteColumnType, isText: boolean): string {
  switch (type) {
    case 'text':
      // An empty text is no value, in whatever file.
      return `nullif(CAST(${value} AS VARCHAR), '')`;
    case 'json':
      return `CASE WHEN json_valid(${value}) THEN ${value} END`;
    case 'integer':
      // A cast alone rounds "12.7".
      return isText
        ? `CASE WHEN regexp_matches(${value}, ${literal(INTEGER_PATTERN.source)}) THEN TRY_CAST(${value} AS BIGINT) END`
        : `TRY_CAST(${value} AS BIGINT)`;
    case 'number':
      // A cast alone takes "nan", "infinity" and "1_000".
      return isText
        ? `CASE WHEN regexp_matches(${value}, ${literal(NUMBER_PATTERN.source)}) AND isfinite(TRY_CAST(${value} AS DOUBLE)) THEN TRY_CAST(${value} AS DOUBLE) END`
        : `CASE WHEN isfinite(TRY_CAST(${value} AS DOUBLE)) THEN TRY_CAST(${value} AS DOUBLE) END`;
    default:
      return `TRY_CAST(${value} AS ${sqlTypes[type]})`;
  }
}

/** `properties.coupon` as a text out of the JSON column `properties`. */
function fieldIn(path: string): string {
  const [column = '', ...steps] = path.split('.');
  const inside = steps.map((step) => `."${step.replaceAll('"', '')}"`).join('');
  const json = identifier(column);
  // What is no JSON has no fields; asked for one it ends the whole query.
  return `CASE WHEN json_valid(${json}) THEN json_extract_string(${json}, ${literal(`$${inside}`)}) END`;
}
