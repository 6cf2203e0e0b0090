import type { ExpectationOf, Measure } from '../expectation.ts';
import type { CompiledCheck } from './compile-check.ts';
import { isMissing, whereText } from './predicates.ts';
import { identifier, literal } from './sql-text.ts';
import type { AuditedTable } from './table.ts';

/** Values of `by` that are followed; beyond them a report is noise. */
export const LABELS_MAX = 50;
/** Categories told apart; rarer ones are one bin. */
const CATEGORIES_MAX = 100;
/** Stands for all rarer categories. */
const OTHER = '(other)';
/** Bins of numbers per doubling: each is a fifth wider than the one below. */
const BINS_PER_OCTAVE = 4;
/** Lifts the bin's exponent above 0 for every double, so that the sign can be put to it. */
const EXPONENT_OFFSET = 5_000;

/** `day`, `label`, `value`: the measure by day, for the most frequent values of `by`. */
export function compileMeasure(one: ExpectationOf<'anomaly'>, table: AuditedTable): CompiledCheck {
  const from = identifier(table.name);
  const { day, where } = dayAndWhere(one, table);
  const label =
    one.by === undefined
      ? "''"
      : `concat_ws(' · ', ${one.by.map((column) => `coalesce(CAST(${identifier(column)} AS VARCHAR), '(none)')`).join(', ')})`;
  const daily = `SELECT ${day} AS day, ${label} AS label, ${measureText(one.measure, table)} AS value\nFROM ${from}${where}\nGROUP BY day, label`;
  if (one.by === undefined) return { of: 'measure', sql: daily };
  const frequent = `SELECT ${label} FROM ${from}${where}\nGROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${LABELS_MAX}`;
  return { of: 'measure', sql: `SELECT * FROM (${daily})\nWHERE label IN (${frequent})` };
}

function measureText(measure: Measure, table: AuditedTable): string {
  switch (measure.of) {
    case 'rows':
      return 'count(*)';
    case 'sum':
      return `coalesce(sum(${identifier(measure.column)}), 0)`;
    case 'mean':
      return `avg(${identifier(measure.column)})`;
    case 'distinct':
      return `count(DISTINCT ${identifier(measure.column)})`;
    case 'missingShare':
      return `avg(CASE WHEN ${isMissing(measure.column, table)} THEN 1.0 ELSE 0.0 END)`;
  }
}

/** `day`, `label` (the bin), `value` (rows in it). */
export function compileDistribution(
  one: ExpectationOf<'drift'>,
  table: AuditedTable,
): CompiledCheck {
  const from = identifier(table.name);
  const { day, where } = dayAndWhere(one, table);
  const column = identifier(one.column);
  const bin = isNumeric(one.column, table) ? numberBin(column) : categoryBin(column, from, where);
  return {
    of: 'distribution',
    sql: `SELECT ${day} AS day, ${bin} AS label, count(*) AS value\nFROM ${from}${where}\nGROUP BY day, label`,
  };
}

export function isNumeric(column: string, table: AuditedTable): boolean {
  const type = table.columns.find(({ name }) => name === column)?.type;
  return type === 'integer' || type === 'number';
}

/** Logarithmic bins that are the same every day, so that days can be added up; 0 is a bin of its own. */
function numberBin(column: string): string {
  const exponent = `CAST(floor(log2(abs(${column})) * ${BINS_PER_OCTAVE}) AS BIGINT) + ${EXPONENT_OFFSET}`;
  return `CASE WHEN ${column} IS NULL THEN '' WHEN ${column} = 0 THEN '0' ELSE CAST(CAST(sign(${column}) AS BIGINT) * (${exponent}) AS VARCHAR) END`;
}

function categoryBin(column: string, from: string, where: string): string {
  const text = `coalesce(CAST(${column} AS VARCHAR), '')`;
  const frequent = `SELECT ${text} FROM ${from}${where} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${CATEGORIES_MAX}`;
  return `CASE WHEN ${text} IN (${frequent}) THEN ${text} ELSE ${literal(OTHER)} END`;
}

function dayAndWhere(
  one: ExpectationOf<'anomaly' | 'drift'>,
  table: AuditedTable,
): { readonly day: string; readonly where: string } {
  if (table.time !== undefined) {
    const time = identifier(table.time);
    return {
      day: `CAST(${time} AS DATE)`,
      where: whereText(one.where, table, `${time} IS NOT NULL`),
    };
  }
  if (table.day === undefined) throw new Error('the suite names no column of times in "time"');
  return { day: `DATE ${literal(table.day)}`, where: whereText(one.where, table) };
}
