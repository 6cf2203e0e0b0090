import type { CollectedEvent } from '../events/event.ts';
import type { Issue } from '../events/issue.ts';
import { isJsonObject } from '../events/json-value.ts';
import type { SuiteColumnType } from './column-types.ts';
import { eventColumns } from './curated-events.ts';
import {
  columnsAtTheDoor,
  type DoorCondition,
  type DoorExpectation,
  type DoorSuite,
  doorExpectation,
} from './door-suite.ts';
import { formatPatterns } from './formats.ts';
import { type RowValue, readTimeMs, rowValueOf } from './row-value.ts';

/**
 * The expectations of the shop's own `events` suites that judge one event by itself, at the door: those of
 * severity `quarantine` refuse it, those of `warn` are counted. They see the columns that the audit sees.
 * Left to the audit are patterns, because a regular expression can be made to take hours in JavaScript
 * and not in RE2; tolerances, which judge many rows; and `stop`, which holds back no single event.
 */
export interface EventVerdict {
  /** Why the event is to be set aside; empty where it isn't. */
  readonly issues: readonly Issue[];
  /** `<suite>/<expectation>` that it doesn't meet and that only warn. */
  readonly warned: readonly string[];
}

export type EventCheck = (event: CollectedEvent) => EventVerdict;

/** The check of all suites at once; nothing where none of them has anything to say of one event. */
export function compileEventCheck(suites: readonly DoorSuite[]): EventCheck | undefined {
  const checks = suites.filter(({ dataset }) => dataset === 'events').flatMap(checksOf);
  if (checks.length === 0) return undefined;
  return (event) => {
    const unmet = checks.filter((check) => check.isUnmetBy(event));
    return {
      issues: unmet.flatMap(({ issue }) => issue ?? []),
      warned: unmet.flatMap(({ issue, id }) => (issue === undefined ? [id] : [])),
    };
  };
}

interface DoorCheck {
  readonly id: string;
  /** Of severity `quarantine`. */
  readonly issue?: Issue;
  readonly isUnmetBy: (event: CollectedEvent) => boolean;
}

type ColumnReader = (event: CollectedEvent) => RowValue;
type ColumnReaders = ReadonlyMap<
  string,
  { readonly read: ColumnReader; readonly type: SuiteColumnType }
>;

function checksOf(suite: DoorSuite): DoorCheck[] {
  const readers = readersOf(suite);
  return suite.expectations.flatMap((document) => {
    const one = doorExpectation.safeParse(document).data;
    // A column that events haven't would be missing from each of them.
    if (one === undefined || columnsAtTheDoor(one).some((column) => !readers.has(column)))
      return [];
    const isUnexpected = unexpected(one, readers);
    const conditions = (one.where ?? []).map((part) => conditionOf(part, readers));
    const id = `${suite.suiteId}/${one.id}`;
    const isUnmetBy = (event: CollectedEvent) =>
      conditions.every((holds) => holds(event)) && isUnexpected(event);
    if (one.severity === 'warn') return [{ id, isUnmetBy }];
    const [column = ''] = columnsAtTheDoor(one);
    const path = suite.columns[column]?.from ?? column;
    const said = one.title ?? `${one.kind} is expected of ${column || 'its values'}`;
    const message = `${id}: ${said}; send it as expected, or change the suite ${suite.suiteId}`;
    return [{ id, issue: { path, message }, isUnmetBy }];
  });
}

function readersOf({ columns }: DoorSuite): ColumnReaders {
  return new Map(
    Object.entries(columns).flatMap(([name, { type, from }]) => {
      const raw = from === undefined ? curatedColumn(name) : fieldAt(from);
      if (raw === undefined) return [];
      const read = (event: CollectedEvent) => rowValueOf(raw(event), type);
      return [[name, { read, type }]];
    }),
  );
}

function curatedColumn(name: string): ((event: CollectedEvent) => unknown) | undefined {
  return eventColumns.find((one) => one.name === name)?.of;
}

/** A field of a JSON column; the event has it as it was before it became JSON. */
function fieldAt(path: string): (event: CollectedEvent) => unknown {
  const [first = '', ...steps] = path.split('.');
  return (event) => {
    let value: unknown =
      first === 'properties' || first === 'traits' || first === 'context'
        ? event[first]
        : undefined;
    for (const step of steps) value = isJsonObject(value) ? value[step] : undefined;
    return value;
  };
}

function unexpected(
  one: DoorExpectation,
  readers: ColumnReaders,
): (event: CollectedEvent) => boolean {
  const reader = (column: string): ColumnReader =>
    readers.get(column)?.read ?? (() => ({ kind: 'unknown' }));
  switch (one.kind) {
    case 'types': {
      const typed = [...readers].filter(([, { type }]) => type !== 'text').map(([name]) => name);
      const columns = typed.filter((name) => one.columns?.includes(name) ?? true).map(reader);
      return (event) => columns.some((read) => read(event).kind === 'mistyped');
    }
    case 'complete': {
      const columns = one.columns.map(reader);
      return (event) => columns.some((read) => read(event).kind === 'missing');
    }
    case 'compare': {
      const [left, right] = [reader(one.left), reader(one.right)];
      return (event) => {
        const [a, b] = [left(event), right(event)];
        if (a.kind !== 'value' || b.kind !== 'value') return false;
        // Of different types: the audit says that it can't be compared.
        if (typeof a.value !== typeof b.value) return false;
        return !related(a.value, one.operator, b.value);
      };
    }
    default: {
      const read = reader(one.column);
      const isExpected = expectedValue(one, readers.get(one.column)?.type ?? 'text');
      return (event) => {
        const found = read(event);
        return found.kind === 'value' && !isExpected(found.value);
      };
    }
  }
}

type Expected = (value: string | number | boolean) => boolean;

function expectedValue(
  one: Extract<DoorExpectation, { kind: 'range' | 'in' | 'notIn' | 'format' }>,
  type: SuiteColumnType,
): Expected {
  switch (one.kind) {
    case 'range':
      return boundsOf(one, type);
    case 'in':
      return oneOf(one.values, type);
    case 'notIn': {
      const isOne = oneOf(one.values, type);
      return (value) => !isOne(value);
    }
    case 'format': {
      const pattern = formatPatterns[one.format];
      return (value) => pattern.test(String(value));
    }
  }
}

function conditionOf(
  one: DoorCondition,
  readers: ColumnReaders,
): (event: CollectedEvent) => boolean {
  const reader = readers.get(one.column);
  if (reader === undefined) return () => false;
  const { read, type } = reader;
  const isIn = one.in === undefined ? undefined : oneOf(one.in, type);
  const isNotIn = one.notIn === undefined ? undefined : oneOf(one.notIn, type);
  const isInBounds = boundsOf(one, type);
  const asksValue = Object.keys(one).some((key) => key !== 'column' && key !== 'isMissing');
  return (event) => {
    const found = read(event);
    if (one.isMissing !== undefined && (found.kind === 'missing') !== one.isMissing) return false;
    if (!asksValue) return true;
    if (found.kind !== 'value') return false;
    const { value } = found;
    return (isIn?.(value) ?? true) && !(isNotIn?.(value) ?? false) && isInBounds(value);
  };
}

/** A set's values in the column's type, as SQL would compare them. */
function oneOf(values: readonly (string | number | boolean)[], type: SuiteColumnType): Expected {
  const known = new Set(values.map((value) => comparable(value, type)));
  return (value) => known.has(value);
}

function boundsOf(
  bounds: Pick<DoorCondition, 'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum'>,
  type: SuiteColumnType,
): Expected {
  const stated = (['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'] as const).flatMap(
    (name) => {
      const bound = bounds[name];
      return bound === undefined
        ? []
        : [{ operator: operators[name], bound: comparable(bound, type) }];
    },
  );
  return (value) => stated.every(({ operator, bound }) => related(value, operator, bound));
}

const operators = {
  minimum: '>=',
  exclusiveMinimum: '>',
  maximum: '<=',
  exclusiveMaximum: '<',
} as const;

function comparable(
  value: string | number | boolean,
  type: SuiteColumnType,
): string | number | boolean {
  if (type === 'date' || type === 'time') return readTimeMs(String(value));
  const read = rowValueOf(value, type);
  return read.kind === 'value' ? read.value : Number.NaN;
}

function related(
  a: string | number | boolean,
  operator: '=' | '!=' | '<' | '<=' | '>' | '>=',
  b: string | number | boolean,
): boolean {
  switch (operator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}
