/** What a database's value is, told from its column's type; every value comes as the database's own text. */
export type ValueKind =
  | 'text'
  /** Whole numbers and decimals of any size. */
  | 'exact'
  /** Binary floating point, which is a JSON number's own form. */
  | 'float'
  | 'boolean'
  | 'json'
  /** A time in UTC, `2026-01-31 10:00:00.123456`. */
  | 'instant';

/** A database's text as JSON. Nothing is rounded: what a JSON number can't hold stays text. */
export function jsonValue(text: string | null, kind: ValueKind): unknown {
  if (text === null) return null;
  switch (kind) {
    case 'text':
      return text;
    case 'exact':
      return exactNumber(text);
    case 'float':
      return Number.isFinite(Number(text)) ? Number(text) : null;
    case 'boolean':
      return text === 'true';
    case 'json':
      return parseExactly(text, (_, value, { source }) =>
        typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
      );
    case 'instant':
      return instant(text);
  }
}

/** Decimals of up to 15 digits survive the way through a double and back. */
const DOUBLE_DIGITS = 15;

/** A number where it is the very same value, else the text; nothing for what is no number (`NaN`). */
function exactNumber(text: string): number | string | null {
  const value = Number(text);
  if (Number.isNaN(value)) return null;
  if (Number.isSafeInteger(value) && /^-?\d+$/u.test(text)) return value;
  const [mantissa = ''] = text.toLowerCase().split('e');
  const digits = mantissa.replaceAll(/[^\d]/gu, '').replaceAll(/^0+|0+$/gu, '');
  return digits.length <= DOUBLE_DIGITS && Number.isFinite(value) ? value : text;
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The reviver's third argument, a number's own digits, is in the language and not yet in its types. */
function parseExactly(text: string, reviver: Reviver): unknown {
  return Reflect.apply(JSON.parse, JSON, [text, reviver]);
}

const INSTANT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/u;

/** With all its digits and its zone; nothing for `infinity`, zero dates and years that ISO 8601 can't write. */
function instant(text: string): string | null {
  const [, day, time] = INSTANT.exec(text) ?? [];
  const written = `${day}T${time}Z`;
  return Number.isNaN(Date.parse(written)) ? null : written;
}
