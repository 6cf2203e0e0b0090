import type { SuiteColumnType } from './column-types.ts';

/** A value of a column as an event has it, in the type that the suite declares. */
export type RowValue =
  | { readonly kind: 'missing' }
  /** Not of the type: it is there, and can't be compared. */
  | { readonly kind: 'mistyped' }
  /** It could be read by the audit, and isn't here: nothing is said of it. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'value'; readonly value: string | number | boolean };

/** Written so that JavaScript and RE2 read them alike; the audit's SQL has the same two. */
export const INTEGER_PATTERN = /^[ \t]*[+-]?\d+[ \t]*$/;
export const NUMBER_PATTERN = /^[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*$/;
/** Whole numbers beyond 64 bits are none. */
const INTEGER_MAX = 2n ** 63n - 1n;
/** A day, or a time with its zone; UTC where it names none. */
const TIME_PATTERN =
  /^(\d{4}-\d{2}-\d{2})([Tt ](\d{2}:\d{2}:\d{2}(\.\d+)?)([Zz]|[+-]\d{2}:?\d{2})?)?$/;

const missing: RowValue = { kind: 'missing' };
const mistyped: RowValue = { kind: 'mistyped' };

/** What `typed-columns.ts` makes of a value in SQL. */
export function rowValueOf(raw: unknown, type: SuiteColumnType): RowValue {
  if (raw === undefined || raw === null || raw === '') return missing;
  if (raw instanceof Date) return timeValue(raw.getTime());
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  switch (type) {
    case 'text':
      return { kind: 'value', value: text };
    case 'integer':
      return integerValue(text);
    case 'number':
      return numberValue(text);
    case 'boolean':
      return booleanValue(text);
    case 'json':
      return isJson(text) ? { kind: 'value', value: text } : mistyped;
    case 'date':
    case 'time':
      return timeValue(readTimeMs(text));
  }
}

/** Epoch milliseconds of what ISO 8601 writes in full; other forms are for the audit to read. */
export function readTimeMs(text: string): number {
  const [, day, , time = '00:00:00', , zone = 'Z'] = TIME_PATTERN.exec(text) ?? [];
  return day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
}

function timeValue(timeMs: number): RowValue {
  return Number.isNaN(timeMs) ? { kind: 'unknown' } : { kind: 'value', value: timeMs };
}

function integerValue(text: string): RowValue {
  if (!INTEGER_PATTERN.test(text)) return mistyped;
  const value = BigInt(text.trim().replace(/^\+/, ''));
  if (value > INTEGER_MAX || value < -INTEGER_MAX - 1n) return mistyped;
  return { kind: 'value', value: Number(value) };
}

function numberValue(text: string): RowValue {
  const value = NUMBER_PATTERN.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { kind: 'value', value } : mistyped;
}

function booleanValue(text: string): RowValue {
  if (/^(true|t|yes|y|1)$/i.test(text)) return { kind: 'value', value: true };
  return /^(false|f|no|n|0)$/i.test(text) ? { kind: 'value', value: false } : mistyped;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
