import type { Frame } from './frame.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { lookUp, parsePath } from './json-path-value.ts';
import { at, refuse } from './refusal.ts';
import { StateError } from './state-error.ts';

type Holds = (frame: Frame) => boolean;
type Compare = (left: Json, right: Json) => boolean;

const orderings: Readonly<Record<string, (order: number) => boolean>> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

/** Values of another type than the operator's compare as false, as in AWS. */
const comparisons: ReadonlyMap<string, Compare> = new Map([
  ...Object.entries(orderings).flatMap(([name, holds]): [string, Compare][] => [
    [`String${name}`, whereBoth('string', (a, b) => holds(a < b ? -1 : a > b ? 1 : 0))],
    [`Numeric${name}`, whereBoth('number', (a, b) => holds(a - b))],
    [`Timestamp${name}`, whereBoth('string', (a, b) => holds(Date.parse(a) - Date.parse(b)))],
  ]),
  ['BooleanEquals', whereBoth('boolean', (a, b) => a === b)],
  ['StringMatches', whereBoth('string', (text, pattern) => wildcard(pattern).test(text))],
]);

/** Operators whose right side says whether the test must hold. */
const tests: ReadonlyMap<string, (value: Json | undefined) => boolean> = new Map([
  ['IsPresent', (value) => value !== undefined],
  ['IsNull', (value) => value === null],
  ['IsString', (value) => typeof value === 'string'],
  ['IsNumeric', (value) => typeof value === 'number'],
  ['IsBoolean', (value) => typeof value === 'boolean'],
  ['IsTimestamp', (value) => typeof value === 'string' && isTimestamp(value)],
]);

/** Compiles a top-level rule of a JSONPath Choice state: a condition and the state it leads to. */
export function compileChoiceRule(
  rule: JsonObject,
  path: string,
): { readonly next: string; readonly holds: Holds } {
  const { Next: next, Comment: _, ...condition } = rule;
  if (typeof next !== 'string') refuse(at(path, 'Next'), 'A rule must name the next state.');
  return { next, holds: compileCondition(condition, path) };
}

function compileCondition(condition: JsonObject, path: string): Holds {
  const { Variable: variable, ...rest } = condition;
  const [operator, ...more] = Object.keys(rest);
  if (operator === undefined) refuse(path, 'A condition needs an operator.');
  if (more[0] !== undefined) {
    refuse(at(path, more[0]), `A condition has one operator; ${operator} is there already.`);
  }
  const operand = rest[operator] ?? null;
  const operatorPath = at(path, operator);
  if (operator === 'And' || operator === 'Or' || operator === 'Not') {
    return compileConnective(operator, operand, operatorPath);
  }
  if (typeof variable !== 'string') refuse(at(path, 'Variable'), 'A comparison needs a Variable.');
  return compileComparison(variable, operator, operand, path);
}

function compileConnective(operator: 'And' | 'Or' | 'Not', operand: Json, path: string): Holds {
  if (operator === 'Not') {
    if (!isObject(operand)) refuse(path, 'Not takes one condition.');
    const inner = compileCondition(operand, path);
    return (frame) => !inner(frame);
  }
  if (!Array.isArray(operand) || operand.length === 0) {
    refuse(path, `${operator} takes an array of conditions.`);
  }
  const inner = operand.map((member, index) => {
    if (!isObject(member)) refuse(at(path, index), 'A condition is an object.');
    return compileCondition(member, at(path, index));
  });
  return operator === 'And'
    ? (frame) => inner.every((holds) => holds(frame))
    : (frame) => inner.some((holds) => holds(frame));
}

function compileComparison(variable: string, operator: string, operand: Json, path: string): Holds {
  const left = parsePath(variable, at(path, 'Variable'));
  const test = tests.get(operator);
  if (test !== undefined) {
    if (typeof operand !== 'boolean')
      refuse(at(path, operator), `${operator} takes true or false.`);
    return (frame) => test(lookUp(left, frame, frame.input)) === operand;
  }
  const takesPath = operator.endsWith('Path');
  const compare = comparisons.get(takesPath ? operator.slice(0, -'Path'.length) : operator);
  if (compare === undefined) {
    refuse(at(path, operator), `The operator ${operator} isn't implemented.`);
  }
  const right =
    takesPath && typeof operand === 'string' ? parsePath(operand, at(path, operator)) : undefined;
  return (frame) =>
    compare(valueAt(left, frame), right === undefined ? operand : valueAt(right, frame));
}

function valueAt(reference: ReturnType<typeof parsePath>, frame: Frame): Json {
  const value = lookUp(reference, frame, frame.input);
  if (value !== undefined) return value;
  throw new StateError('States.Runtime', `The choice's path ${reference.text} matches nothing.`);
}

interface Primitives {
  string: string;
  number: number;
  boolean: boolean;
}

function whereBoth<T extends keyof Primitives>(
  type: T,
  compare: (left: Primitives[T], right: Primitives[T]) => boolean,
): Compare {
  const is = (value: Json): value is Json & Primitives[T] => typeof value === type;
  return (left, right) => is(left) && is(right) && compare(left, right);
}

/** `*` matches any run of characters, `\*` the star itself. */
function wildcard(pattern: string): RegExp {
  const parts = pattern
    .split(/(?<!\\)\*/)
    .map((part) => part.replace(/\\([*\\])/g, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
}
