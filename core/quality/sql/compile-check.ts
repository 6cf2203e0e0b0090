import type { RowExpectation } from '../expectation.ts';
import { type Expectation, type ExpectationOf, isRowExpectation } from '../expectation.ts';
import { compileDistribution, compileMeasure } from './compile-daily.ts';
import { compileTotal } from './compile-total.ts';
import { isPresent, lookedAt, unexpectedRow, whereText } from './predicates.ts';
import { asRead, identifier, literal } from './sql-text.ts';
import type { AuditedTable } from './table.ts';

/** Rows shown of what is not as expected. */
export const SAMPLES_MAX = 5;
/** Different values shown of a key that should have one. */
const VALUES_SHOWN_MAX = 4;

/** An expectation as SQL. `daily` queries answer with `day`, `label` and `value`. */
export type CompiledCheck =
  | {
      readonly of: 'unexpected';
      /** What is counted; the query answers with one row `checked`, `unexpected`. */
      readonly counting: 'rows' | 'keys';
      readonly sql: string;
      readonly sampleSql: string;
      /** Share of unexpected rows by day, where rows have one. */
      readonly dailySql?: string;
    }
  /** One row `checked`, `value`: rows, or seconds since 1970 of the newest. */
  | { readonly of: 'rows' | 'newest'; readonly sql: string }
  /** A measure by day and label, or counts by day and bin. */
  | { readonly of: 'measure' | 'distribution'; readonly sql: string };

/** The tables that a check asks beside its own, by the data set's name. */
export type ReferencedTables = ReadonlyMap<string, AuditedTable>;

/** @throws Error for a data set that is not among `references`. */
export function compileCheck(
  one: Expectation,
  table: AuditedTable,
  references: ReferencedTables,
): CompiledCheck {
  if (isRowExpectation(one)) return compileRows(one, table);
  switch (one.kind) {
    case 'unique':
      return compileUnique(one, table);
    case 'distinctRows':
      return compileDistinctRows(one, table);
    case 'oneValuePerKey':
      return compileOneValue(one, table);
    case 'reference':
      return compileReference(one, table, referenced(one.dataset, references));
    case 'total': {
      const { dataset } = one.lines;
      return compileTotal(
        one,
        table,
        dataset === undefined ? table : referenced(dataset, references),
      );
    }
    case 'volume':
      return {
        of: 'rows',
        sql: `SELECT count(*) AS checked, count(*) AS value\nFROM ${identifier(table.name)}${whereText(one.where, table)}`,
      };
    case 'fresh': {
      const column = identifier(one.column);
      return {
        of: 'newest',
        sql: `SELECT count(${column}) AS checked, epoch(max(${column})) AS value\nFROM ${identifier(table.name)}${whereText(one.where, table)}`,
      };
    }
    case 'anomaly':
      return compileMeasure(one, table);
    case 'drift':
      return compileDistribution(one, table);
  }
}

function compileRows(one: RowExpectation, table: AuditedTable): CompiledCheck {
  const own = lookedAt(one);
  return countedRows(
    unexpectedRow(one, table),
    table,
    whereText(one.where, table, ...own),
    (condition) => whereText(one.where, table, ...own, condition),
  );
}

function compileReference(
  one: ExpectationOf<'reference'>,
  table: AuditedTable,
  other: AuditedTable,
): CompiledCheck {
  const same = one.columns
    .map((column, index) => {
      const theirs = identifier(one.referenced[index] ?? column);
      return `other.${theirs} = ${identifier(table.name)}.${identifier(column)}`;
    })
    .join(' AND ');
  const present = one.columns.map(isPresent);
  const unknown = `NOT EXISTS (SELECT 1 FROM ${identifier(other.name)} AS other WHERE ${same})`;
  return countedRows(unknown, table, whereText(one.where, table, ...present), (condition) =>
    whereText(one.where, table, ...present, condition),
  );
}

function countedRows(
  unexpected: string,
  table: AuditedTable,
  where: string,
  whereAlso: (condition: string) => string,
): CompiledCheck {
  const from = identifier(table.name);
  const counts = `count(*) AS checked, count(*) FILTER (WHERE ${unexpected}) AS unexpected`;
  const order = table.rowNumber === undefined ? '' : `\nORDER BY ${table.rowNumber}`;
  const time = table.time === undefined ? undefined : identifier(table.time);
  const daily = `SELECT CAST(${time} AS DATE) AS day, '' AS label, avg(CASE WHEN ${unexpected} THEN 1.0 ELSE 0.0 END) AS value\nFROM ${from}${whereAlso(`${time} IS NOT NULL`)}\nGROUP BY day`;
  return {
    of: 'unexpected',
    counting: 'rows',
    sql: `SELECT ${counts}\nFROM ${from}${where}`,
    sampleSql: `SELECT ${shownColumns(table)}\nFROM ${from}${whereAlso(`(${unexpected})`)}${order}\nLIMIT ${SAMPLES_MAX}`,
    ...(time === undefined ? {} : { dailySql: daily }),
  };
}

function compileUnique(one: ExpectationOf<'unique'>, table: AuditedTable): CompiledCheck {
  const present = one.columns.map(isPresent);
  return repeated(one.columns, table, whereText(one.where, table, ...present));
}

function compileDistinctRows(
  one: ExpectationOf<'distinctRows'>,
  table: AuditedTable,
): CompiledCheck {
  const columns = table.columns
    .map(({ name }) => name)
    .filter((name) => !(one.except ?? []).includes(name));
  return repeated(columns, table, whereText(one.where, table));
}

/** Rows beyond the first of each combination. */
function repeated(columns: readonly string[], table: AuditedTable, where: string): CompiledCheck {
  const from = identifier(table.name);
  const keys = columns.flatMap((column) => keyParts(column, table)).join(', ');
  const shown = columns.map(identifier).join(', ');
  return {
    of: 'unexpected',
    counting: 'rows',
    sql: `SELECT coalesce(sum(rows), 0) AS checked, coalesce(sum(rows - 1), 0) AS unexpected\nFROM (SELECT count(*) AS rows FROM ${from}${where}\nGROUP BY ${keys})`,
    sampleSql: `SELECT ${shown}, count(*) AS rows\nFROM ${from}${where}\nGROUP BY ${keys}\nHAVING count(*) > 1\nORDER BY count(*) DESC, ${keys}\nLIMIT ${SAMPLES_MAX}`,
  };
}

/** Two values that are both of a wrong type are only equal if their texts are. */
function keyParts(column: string, table: AuditedTable): string[] {
  const type = table.columns.find(({ name }) => name === column)?.type ?? 'text';
  return type === 'text' ? [identifier(column)] : [identifier(column), identifier(asRead(column))];
}

function compileOneValue(one: ExpectationOf<'oneValuePerKey'>, table: AuditedTable): CompiledCheck {
  const from = identifier(table.name);
  const keys = one.key.map(identifier).join(', ');
  const value = identifier(one.column);
  const present = [...one.key, one.column].map(isPresent);
  const where = whereText(one.where, table, ...present);
  const shown = `array_to_string(list_slice(list_sort(list(DISTINCT CAST(${value} AS VARCHAR))), 1, ${VALUES_SHOWN_MAX}), ' | ')`;
  return {
    of: 'unexpected',
    counting: 'keys',
    sql: `SELECT count(*) AS checked, count(*) FILTER (WHERE different > 1) AS unexpected\nFROM (SELECT count(DISTINCT ${value}) AS different FROM ${from}${where}\nGROUP BY ${keys})`,
    sampleSql: `SELECT ${keys}, count(DISTINCT ${value}) AS different, ${shown} AS ${value}\nFROM ${from}${where}\nGROUP BY ${keys}\nHAVING count(DISTINCT ${value}) > 1\nORDER BY count(DISTINCT ${value}) DESC, ${keys}\nLIMIT ${SAMPLES_MAX}`,
  };
}

/** All columns, as they were read; the row's number first. */
function shownColumns(table: AuditedTable): string {
  const columns = table.columns.map(({ name, type }) => {
    const column = identifier(name);
    if (type === 'text') return column;
    return `coalesce(CAST(${column} AS VARCHAR), ${identifier(asRead(name))}) AS ${column}`;
  });
  const row = table.rowNumber === undefined ? [] : [`${table.rowNumber} AS ${identifier('row')}`];
  return [...row, ...columns].join(',\n  ');
}

function referenced(dataset: string, references: ReferencedTables): AuditedTable {
  const table = references.get(dataset);
  if (table === undefined) {
    throw new Error(
      `the data set ${literal(dataset)} was not given: name its file with --reference`,
    );
  }
  return table;
}
