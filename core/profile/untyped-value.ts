/**
 * Readers of values that came from outside without a type. Clients of the Segment API send ids as
 * numbers and amounts as text now and then; both are meant well and read as what they are.
 */

/** Text, trimmed and not empty, of at most `lengthMax` characters; numbers become text. */
export function textOf(value: unknown, lengthMax: number): string | undefined {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const trimmed = isTrimmed(text) ? text : text.trim();
  return trimmed === '' || trimmed.length > lengthMax ? undefined : trimmed;
}

const SPACE = 0x20;
const ASCII_END = 0x7f;

/** Whether nothing is to be trimmed for sure: half a dozen texts of each event are asked. */
function isTrimmed(text: string): boolean {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  return first > SPACE && first < ASCII_END && last > SPACE && last < ASCII_END;
}

/** A finite number, also one written as text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A plain object's fields; empty for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
