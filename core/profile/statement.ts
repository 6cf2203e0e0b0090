import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';

/** Something said of a customer once: the value, when (epoch ms), and the source that said it. */
export type Statement<Value> = readonly [value: Value, timeMs: number, source: string];

export function statementOf<Schema extends z.ZodType>(value: Schema) {
  return z.tuple([value, z.number(), z.string()]).readonly();
}

/** Statements by what they are about. */
export type Statements<Value> = Readonly<Record<string, Statement<Value>>>;

/**
 * The latest statement about each name. Of two at once `compare` says which stands, and where it
 * doesn't care the greater value and source: there is always exactly one answer. Commutative, associative
 * and idempotent.
 */
export function latestStatements<Value>(
  a: Statements<Value>,
  b: Statements<Value>,
  compare: (a: Value, b: Value) => number = () => 0,
): Statements<Value> {
  const latest = new Map(Object.entries(a));
  for (const [name, statement] of Object.entries(b)) {
    const known = latest.get(name);
    if (known === undefined || compareStatements(statement, known, compare) > 0) {
      latest.set(name, statement);
    }
  }
  return sortedByName(latest);
}

/** The `count` latest; a name is dropped only for that many later ones, which can only become later still. */
export function newestStatements<Value>(
  statements: Statements<Value>,
  count: number,
): Statements<Value> {
  const entries = Object.entries(statements);
  if (entries.length <= count) return statements;
  return sortedByName(
    entries
      .sort(([nameA, [, a]], [nameB, [, b]]) => b - a || (nameA < nameB ? -1 : 1))
      .slice(0, count),
  );
}

function compareStatements<Value>(
  [valueA, a, sourceA]: Statement<Value>,
  [valueB, b, sourceB]: Statement<Value>,
  compare: (a: Value, b: Value) => number,
): number {
  return (
    a - b ||
    compare(valueA, valueB) ||
    compareText(canonicalJson(valueA), canonicalJson(valueB)) ||
    compareText(sourceA, sourceB)
  );
}

/** Equal states are equal as text too, whichever was said first. */
function sortedByName<Value>(
  statements: Iterable<readonly [string, Statement<Value>]>,
): Statements<Value> {
  return Object.fromEntries([...statements].sort(([a], [b]) => compareText(a, b)));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
