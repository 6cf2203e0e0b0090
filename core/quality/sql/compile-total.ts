import type { ExpectationOf } from '../expectation.ts';
import type { CompiledCheck } from './compile-check.ts';
import { whereText } from './predicates.ts';
import { identifier } from './sql-text.ts';
import type { AuditedTable } from './table.ts';

const SAMPLES_MAX = 5;
/** Half a cent: sums of binary fractions are not exact. */
const ROUNDING = 0.005;

/** Totals against the sums of their lines, joined by their key; totals without lines are left out. */
export function compileTotal(
  one: ExpectationOf<'total'>,
  table: AuditedTable,
  lines: AuditedTable,
): CompiledCheck {
  const keys = one.key.map((column, index) => ({
    own: identifier(column),
    theirs: identifier(one.lines.key?.[index] ?? column),
    name: identifier(column),
  }));
  const total = identifier(one.total);
  const { amount } = one.lines;
  const amountText =
    typeof amount === 'string' ? identifier(amount) : amount.multiply.map(identifier).join(' * ');
  const totals = `SELECT ${keys.map(({ own, name }) => `${own} AS ${name}`).join(', ')}, any_value(${total}) AS total\nFROM ${identifier(table.name)}${whereText(one.where, table, ...keys.map(({ own }) => `${own} IS NOT NULL`), `${total} IS NOT NULL`)}\nGROUP BY ${keys.map(({ own }) => own).join(', ')}`;
  const sums = `SELECT ${keys.map(({ theirs, name }) => `${theirs} AS ${name}`).join(', ')}, sum(${amountText}) AS lines\nFROM ${identifier(lines.name)}${whereText(one.lines.where, lines)}\nGROUP BY ${keys.map(({ theirs }) => theirs).join(', ')}`;
  const names = keys.map(({ name }) => name).join(', ');
  const joined = `FROM (${totals}) JOIN (${sums}) USING (${names})\nWHERE lines IS NOT NULL`;
  const { absolute = ROUNDING, share = 0 } = one.within ?? {};
  const isOff = `abs(total - lines) > greatest(${absolute}, ${share} * abs(total))`;
  return {
    of: 'unexpected',
    counting: 'keys',
    sql: `SELECT count(*) AS checked, count(*) FILTER (WHERE ${isOff}) AS unexpected\n${joined}`,
    sampleSql: `SELECT ${names}, total AS ${total}, round(lines, 4) AS "sum of lines", round(total - lines, 4) AS difference\n${joined}\n  AND ${isOff}\nORDER BY abs(total - lines) DESC, ${names}\nLIMIT ${SAMPLES_MAX}`,
  };
}
