import type * as z from 'zod';
import { isJsonObject } from './json-value.ts';
import { ISSUES_MAX } from './limits.ts';

/** What is wrong with one place of a call, in words that say how to repair it. */
export interface Issue {
  /** Where, e.g. `properties.products[2].price`; empty for the call as a whole. */
  readonly path: string;
  /** What was expected, the kind of what came, and the remedy; no personal data. */
  readonly message: string;
}

/** Names the places and the remedies behind a schema's complaints about `input`. */
export function issuesOf(complaints: readonly z.core.$ZodIssue[], input: unknown): Issue[] {
  return complaints.slice(0, ISSUES_MAX).map((issue) => ({
    path: pathText(issue.path),
    message: messageOf(issue, valueAt(input, issue.path)),
  }));
}

/** The kind of a JSON value as a person says it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** `['products', 2, 'price']` as `products[2].price`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value);
    case 'too_big':
      return `expected at most ${issue.maximum}${unitOf(issue.origin)}, got ${sizeOf(value)}; shorten it`;
    case 'too_small':
      return issue.origin === 'string'
        ? 'expected some text, got an empty string; fill it in or leave the field out'
        : `expected at least ${issue.minimum}${unitOf(issue.origin)}, got ${sizeOf(value)}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}, got ${kindOf(value)}`;
    case 'unrecognized_keys':
      return 'has a field that its schema does not allow; leave it out or add it to the schema';
    case 'invalid_union':
      return issue.message === GENERIC_UNION
        ? `expected another kind of value, got ${kindOf(value)}; see the event’s schema`
        : `${issue.message}, got ${kindOf(value)}`;
    default:
      // Formats and refinements carry their remedy in the schema that states them.
      return value === undefined ? `${issue.message}, got nothing` : issue.message;
  }
}

/** What zod says of a union whose schema has no words of its own. */
const GENERIC_UNION = 'Invalid input';

const expectations: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

function wrongType(expected: string, value: unknown): string {
  const expectation = expectations[expected] ?? expected;
  if (value === undefined) return `expected ${expectation}, got nothing; the field is required`;
  const message = `expected ${expectation}, got ${kindOf(value)}`;
  if (expected === 'number') return message + numberRemedy(value);
  if (expected === 'string' && typeof value === 'number') {
    return `${message}; put it in quotes: "${value}"`;
  }
  if (expected === 'array' && isJsonObject(value)) return `${message}; put it in brackets: [{…}]`;
  if ((expected === 'object' || expected === 'record') && typeof value === 'string') {
    return `${message}; send the object itself, not its JSON text`;
  }
  return message;
}

/** Only strings made of digits and separators are quoted back: nothing personal has that form and that length. */
const NUMBER_TEXT = /^-?[\d.,' ]{1,20}$/;

function numberRemedy(value: unknown): string {
  if (typeof value !== 'string') return '; send a plain number such as 12.5';
  const text = value.trim();
  if (!NUMBER_TEXT.test(text) || !/\d/.test(text)) return '; send a plain number such as 12.5';
  if (/^-?\d+(\.\d+)?$/.test(text)) return ` ("${text}"); send ${Number(text)} without quotes`;
  if (/^-?\d+,\d{1,2}$/.test(text)) {
    return ` ("${text}" looks like a decimal comma); send ${Number(text.replace(',', '.'))}`;
  }
  return ` ("${text}" has separators); send a plain number such as 1234.5`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `${value.length} characters`;
  if (Array.isArray(value)) return `${value.length} entries`;
  return typeof value === 'number' ? String(value) : kindOf(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
