import * as z from 'zod';
import { type Condition, columnsOf, type FieldMapping, type Mapping } from './mapping.ts';
import { MappingError } from './mapping-error.ts';
import { createDateReader } from './read-date.ts';
import type { Row } from './row.ts';

/** A field's value; dates are ISO 8601 UTC. Undefined where the cell is empty. */
export const fieldValue = z.union([z.string(), z.number(), z.boolean()]).optional();
export type FieldValue = z.infer<typeof fieldValue>;
export type Fields = Readonly<Record<string, FieldValue>>;

/** What a row is, before it is grouped. */
export type InterpretedRow =
  | { readonly kind: 'line'; readonly fields: Fields }
  /** By a rule of the mapping: intended. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Not convertible: kept aside for repair. `fields` holds what could be read. */
  | { readonly kind: 'refused'; readonly reason: string; readonly fields: Fields };

export type RowInterpreter = (row: Row) => InterpretedRow;

type Reader = (cells: readonly string[], fields: Fields) => FieldValue;

/** Why a cell is not what its field needs. */
class UnreadableCell extends Error {}

/**
 * Compiles a mapping's fields and rules into one function over rows.
 * @throws MappingError when a date's time zone is unknown.
 */
export function createRowInterpreter(mapping: Mapping): RowInterpreter {
  const columns = columnsOf(mapping);
  const readers = Object.entries(mapping.fields).map(([name, field]): [string, Reader] => [
    name,
    readerOf(name, field, columns),
  ]);
  const rules = mapping.skip.map(({ reason, when }) => ({ reason, holds: allOf(when) }));
  return (row) => {
    const fields: Record<string, FieldValue> = {};
    if (row.problem !== undefined) return { kind: 'refused', reason: row.problem, fields };
    const problems = new Map<string, string>();
    for (const [name, read] of readers) {
      try {
        fields[name] = read(row.cells, fields);
      } catch (error) {
        if (!(error instanceof UnreadableCell)) throw error;
        problems.set(name, `${name}: ${error.message}`);
      }
    }
    // A rule goes before an unreadable cell, unless the rule itself needs that cell.
    for (const { reason, holds } of rules) {
      const outcome = holds(fields, problems);
      if (typeof outcome === 'string') return { kind: 'refused', reason: outcome, fields };
      if (outcome) return { kind: 'skipped', reason };
    }
    const [problem] = problems.values();
    return problem === undefined
      ? { kind: 'line', fields }
      : { kind: 'refused', reason: problem, fields };
  };
}

/** Whether all conditions hold; the problem's text when one needs a field that could not be read. */
export function allOf(
  conditions: readonly Condition[],
): (fields: Fields, problems: ReadonlyMap<string, string>) => boolean | string {
  const checks = conditions.map((condition) => ({
    field: condition.field,
    holds: checkOf(condition),
  }));
  return (fields, problems) => {
    for (const { field, holds } of checks) {
      const problem = problems.get(field);
      if (problem !== undefined) return problem;
      if (!holds(fields[field])) return false;
    }
    return true;
  };
}

function checkOf(condition: Condition): (value: FieldValue) => boolean {
  const checks: ((value: FieldValue) => boolean)[] = [];
  const { isEmpty, matches, notMatches, atMost, atLeast } = condition;
  if (isEmpty !== undefined) checks.push((value) => (value === undefined) === isEmpty);
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u');
    checks.push((value) => pattern.test(String(value ?? '')));
  }
  if (notMatches !== undefined) {
    const pattern = new RegExp(notMatches, 'u');
    checks.push((value) => !pattern.test(String(value ?? '')));
  }
  if (atMost !== undefined) checks.push((value) => typeof value === 'number' && value <= atMost);
  if (atLeast !== undefined) checks.push((value) => typeof value === 'number' && value >= atLeast);
  return (value) => checks.every((check) => check(value));
}

function readerOf(name: string, field: FieldMapping, columns: readonly string[]): Reader {
  if ('constant' in field) return () => field.constant;
  if ('multiply' in field) {
    const [left, right] = field.multiply;
    return (_, fields) => multiply(fields[left], fields[right]);
  }
  if ('lookup' in field) return lookupReader(field);
  if ('firstOf' in field) {
    return (_, fields) => fields[field.firstOf.find((each) => fields[each] !== undefined) ?? ''];
  }
  const place = columns.indexOf(field.column);
  const cellOf = (cells: readonly string[]): string => (cells[place] ?? '').trim();
  switch (field.type) {
    case 'string':
      return (cells) => cellOf(cells) || undefined;
    case 'date': {
      const read = dateReaderOf(name, field.format, field.zone);
      return (cells) => {
        const timeMs = read(cellOf(cells));
        if (timeMs === undefined)
          throw new UnreadableCell(`not a date of the form ${field.format}`);
        return new Date(timeMs).toISOString();
      };
    }
    case 'boolean':
      return booleanReader(field, cellOf);
    case 'amount':
    case 'currency':
    case 'interval': {
      const read = pairReaders[field.type];
      return (cells) => {
        const text = cellOf(cells);
        if (text !== '') return read(text);
        if (field.optional) return undefined;
        throw new UnreadableCell('empty');
      };
    }
    default:
      return (cells) => readNumber(cellOf(cells), field);
  }
}

/** A price with its currency, as Google's product data specification writes it: `12.50 GBP`. */
const PRICE = /^(?:([A-Z]{3})\s*)?(\d+(?:\.\d+)?)(?:\s*([A-Z]{3}))?$/i;

const pairReaders: Readonly<
  Record<'amount' | 'currency' | 'interval', (text: string) => FieldValue>
> = {
  amount: (text) => {
    const found = PRICE.exec(text);
    if (found === null) throw new UnreadableCell('not a price such as 12.50 GBP');
    return Number(found[2]);
  },
  currency: (text) => {
    const [, before, , after] = PRICE.exec(text) ?? [];
    return (after ?? before)?.toUpperCase();
  },
  interval: (text) => {
    const [from = '', to = '', ...more] = text.split('/').map((each) => each.trim());
    const [fromMs, toMs] = [readIsoTime(from), readIsoTime(to)];
    if (fromMs === undefined || toMs === undefined || more.length > 0) {
      throw new UnreadableCell('not two times such as 2026-11-23T09:00Z/2026-11-30T09:00Z');
    }
    return `${new Date(fromMs).toISOString()}/${new Date(toMs).toISOString()}`;
  },
};

const readIsoTime = createDateReader('iso', 'UTC');

function booleanReader(
  field: Extract<FieldMapping, { type: 'boolean' }>,
  cellOf: (cells: readonly string[]) => string,
): Reader {
  const values = new Map<string, boolean>();
  for (const text of field.false) values.set(text.toLowerCase(), false);
  for (const text of field.true) values.set(text.toLowerCase(), true);
  return (cells) => {
    const text = cellOf(cells).toLowerCase();
    const value = values.get(text);
    if (value !== undefined) return value;
    if (text !== '') throw new UnreadableCell('neither true nor false');
    if (field.optional) return undefined;
    throw new UnreadableCell('empty');
  };
}

function lookupReader(field: Extract<FieldMapping, { lookup: string }>): Reader {
  const table = new Map(Object.entries(field.values));
  return (_, fields) => {
    const key = fields[field.lookup];
    if (key === undefined) return undefined;
    const found = table.get(String(key));
    const value = found === undefined ? field.default : found;
    if (value === undefined) throw new UnreadableCell('not in its table');
    return value ?? undefined;
  };
}

function readNumber(
  text: string,
  field: Extract<FieldMapping, { type: 'number' | 'integer' }>,
): number | undefined {
  if (text === '') {
    if (field.optional) return undefined;
    throw new UnreadableCell('empty');
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new UnreadableCell('not a number');
  if (field.type === 'integer' && !Number.isSafeInteger(value)) {
    throw new UnreadableCell('not a whole number');
  }
  const size = field.absolute ? Math.abs(value) : value;
  return field.multiplyBy === undefined ? size : scaled(size, field.multiplyBy);
}

/** Digits that survive a factor: 1999 cents are 19.99, not 19.990000000000002. */
const SCALED_DIGITS = 12;

function scaled(value: number, factor: number): number {
  return Number((value * factor).toPrecision(SCALED_DIGITS));
}

function multiply(left: FieldValue, right: FieldValue): number | undefined {
  return typeof left === 'number' && typeof right === 'number' ? left * right : undefined;
}

function dateReaderOf(name: string, format: string, zone: string) {
  try {
    return createDateReader(format, zone);
  } catch {
    throw new MappingError(
      `The mapping's field "${name}" has an unknown time zone "${zone}".`,
      'Use UTC, an offset such as +01:00, or a name such as Europe/London.',
    );
  }
}
