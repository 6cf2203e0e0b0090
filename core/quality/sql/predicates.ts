import type { Condition } from '../condition.ts';
import type { RowExpectation } from '../expectation.ts';
import { formatPatterns } from '../formats.ts';
import { asRead, identifier, literal, literals } from './sql-text.ts';
import type { AuditedTable } from './table.ts';

/**
 * What an expectation says of one row, as SQL: true for a row that is not as expected. Never null where the
 * columns of `lookedAt` have values.
 */
export function unexpectedRow(one: RowExpectation, table: AuditedTable): string {
  switch (one.kind) {
    case 'types':
      return anyOf(typedColumns(one.columns, table).map(isMistyped));
    case 'complete':
      return anyOf(one.columns.map((column) => isMissing(column, table)));
    default:
      return unexpectedValue(one);
  }
}

function unexpectedValue(one: Exclude<RowExpectation, { kind: 'types' | 'complete' }>): string {
  if (one.kind === 'compare') {
    const relation = `${identifier(one.left)} ${one.operator} ${identifier(one.right)}`;
    return `NOT (${relation})`;
  }
  const column = identifier(one.column);
  switch (one.kind) {
    case 'range':
      return `NOT (${inBounds(column, one)})`;
    case 'in':
      return `${column} NOT IN (${literals(one.values)})`;
    case 'notIn':
      return `${column} IN (${literals(one.values)})`;
    case 'matches':
      return `NOT ${found(column, one.pattern)}`;
    case 'notMatches':
      return found(column, one.pattern);
    case 'format':
      return `NOT ${found(column, formatPatterns[one.format].source)}`;
  }
}

/** Which rows an expectation looks at by itself: those with a value, unless it is about missing ones. */
export function lookedAt(one: RowExpectation): string[] {
  switch (one.kind) {
    case 'types':
    case 'complete':
      return [];
    case 'compare':
      return [one.left, one.right].map(isPresent);
    default:
      return [isPresent(one.column)];
  }
}

/** A value of a wrong type can't be compared, so that it counts as absent here. */
export function isPresent(column: string): string {
  return `${identifier(column)} IS NOT NULL`;
}

/** Columns whose values can be of a wrong type: all of them, or the ones that are named. */
function typedColumns(named: readonly string[] | undefined, table: AuditedTable): string[] {
  const typed = table.columns.filter(({ type }) => type !== 'text').map(({ name }) => name);
  return named === undefined ? typed : typed.filter((column) => named.includes(column));
}

function isMistyped(column: string): string {
  return `${identifier(asRead(column))} IS NOT NULL`;
}

/** A value of a wrong type isn't missing. */
export function isMissing(column: string, table: AuditedTable): string {
  const type = table.columns.find(({ name }) => name === column)?.type ?? 'text';
  const missing = `${identifier(column)} IS NULL`;
  return type === 'text' ? missing : `(${missing} AND ${identifier(asRead(column))} IS NULL)`;
}

interface Bounds {
  readonly minimum?: number | string | undefined;
  readonly exclusiveMinimum?: number | string | undefined;
  readonly maximum?: number | string | undefined;
  readonly exclusiveMaximum?: number | string | undefined;
}

function inBounds(column: string, bounds: Bounds): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = bounds;
  const parts = [
    minimum === undefined ? [] : `${column} >= ${literal(minimum)}`,
    exclusiveMinimum === undefined ? [] : `${column} > ${literal(exclusiveMinimum)}`,
    maximum === undefined ? [] : `${column} <= ${literal(maximum)}`,
    exclusiveMaximum === undefined ? [] : `${column} < ${literal(exclusiveMaximum)}`,
  ].flat();
  return parts.length === 0 ? 'true' : parts.join(' AND ');
}

function found(column: string, pattern: string): string {
  return `regexp_matches(${column}, ${literal(pattern)})`;
}

function anyOf(parts: readonly string[]): string {
  return parts.length === 0 ? 'false' : parts.join(' OR ');
}

/** ` WHERE …`, or nothing where every row counts. */
export function whereText(
  conditions: readonly Condition[] | undefined,
  table: AuditedTable,
  ...more: readonly string[]
): string {
  const parts = [...(conditions ?? []).map((one) => conditionText(one, table)), ...more];
  return parts.length === 0 ? '' : `\nWHERE ${parts.join('\n  AND ')}`;
}

function conditionText(one: Condition, table: AuditedTable): string {
  const column = identifier(one.column);
  const parts = [
    one.in === undefined ? [] : `${column} IN (${literals(one.in)})`,
    one.notIn === undefined ? [] : `${column} NOT IN (${literals(one.notIn)})`,
    one.matches === undefined ? [] : found(column, one.matches),
    one.notMatches === undefined ? [] : `NOT ${found(column, one.notMatches)}`,
    inBounds(column, one) === 'true' ? [] : inBounds(column, one),
    one.isMissing === undefined
      ? []
      : `${one.isMissing ? '' : 'NOT '}${isMissing(one.column, table)}`,
  ].flat();
  return parts.join(' AND ');
}
