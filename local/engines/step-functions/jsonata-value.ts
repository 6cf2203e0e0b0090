import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import type { Frame, Value } from './frame.ts';
import { isObject, type Json } from './json.ts';
import { at, refuse } from './refusal.ts';
import { StateError } from './state-error.ts';

/** An endless expression would block every other state: a second is a thousand times what ours need. */
const EVALUATION_MS_MAX = 1_000;
/** Depth of calls; jsonata's own frames are deep, this keeps recursion far from Node's stack limit. */
const EVALUATION_DEPTH_MAX = 500;

/** Members of `$states` that exist only after the work (`result`) or in a Catch (`errorOutput`). */
export type LateMember = 'result' | 'errorOutput';

/** Whether a string is an expression, `{% … %}`, and not a literal. */
export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}');
}

/**
 * Compiles a JSON value whose strings may be JSONata expressions, at any depth. The refusals are those
 * of AWS at creation: a syntax error, and `$states.result` or `$states.errorOutput` where neither is.
 */
export function compileJsonata(template: Json, path: string, late: readonly LateMember[]): Value {
  if (typeof template === 'string') {
    if (isExpression(template)) return compileExpression(template, path, late);
    if (template.startsWith('{%') || template.endsWith('%}')) {
      refuse(path, 'An expression starts with {% and ends with %}; this has only one of them.');
    }
    return async () => template;
  }
  if (Array.isArray(template)) {
    const members = template.map((member, index) => compileJsonata(member, at(path, index), late));
    return (frame) => Promise.all(members.map((member) => member(frame)));
  }
  if (isObject(template)) {
    const members = Object.entries(template).map(
      ([key, member]) => [key, compileJsonata(member, at(path, key), late)] as const,
    );
    return async (frame) => {
      const pairs = members.map(async ([key, member]) => [key, await member(frame)] as const);
      return Object.fromEntries(await Promise.all(pairs));
    };
  }
  return async () => template;
}

function compileExpression(text: string, path: string, late: readonly LateMember[]): Value {
  const source = text.slice(2, -2).trim();
  const expression = parse(source, path);
  for (const member of ['result', 'errorOutput'] as const) {
    if (!late.includes(member) && new RegExp(`\\$states\\s*\\.\\s*${member}\\b`).test(source)) {
      refuse(path, `$states.${member} doesn't exist in this field.`);
    }
  }
  registerStepFunctionsFunctions(expression);
  return (frame) => evaluate(expression, source, path, frame);
}

function parse(source: string, path: string): jsonata.Expression {
  try {
    return jsonata(source, { timeout: EVALUATION_MS_MAX, stack: EVALUATION_DEPTH_MAX });
  } catch (error) {
    return refuse(path, `Not JSONata: ${messageOf(error)} (in "${source}").`);
  }
}

async function evaluate(
  expression: jsonata.Expression,
  source: string,
  path: string,
  frame: Frame,
): Promise<Json> {
  const { input, context, result, errorOutput } = frame;
  const states = {
    input,
    context,
    ...(result === undefined ? {} : { result }),
    ...(errorOutput === undefined ? {} : { errorOutput }),
  };
  let text: string | undefined;
  try {
    const value: unknown = await expression.evaluate(undefined, { ...frame.variables, states });
    // The round trip drops jsonata's hidden marks on arrays and copies what the frame must keep.
    text = typeof value === 'function' ? undefined : JSON.stringify(value);
  } catch (error) {
    throw new StateError(
      'States.QueryEvaluationError',
      `The expression at ${path} failed: ${messageOf(error)} (in "${source}").`,
    );
  }
  if (text === undefined) {
    throw new StateError(
      'States.QueryEvaluationError',
      `The expression at ${path} gave no JSON value (in "${source}").`,
    );
  }
  return JSON.parse(text);
}

/** Step Functions takes `$eval` away and adds these; jsonata 2.2 has neither change. */
function registerStepFunctionsFunctions(expression: jsonata.Expression): void {
  expression.registerFunction('eval', () => {
    throw new Error("$eval doesn't exist in Step Functions; use $parse for JSON");
  });
  expression.registerFunction('parse', (text: string) => JSON.parse(text), '<s-:j>');
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('random', () => Math.random(), '<:n>');
  expression.registerFunction(
    'hash',
    (text: string, algorithm: string) =>
      createHash(algorithm.toLowerCase().replace('-', '')).update(text).digest('hex'),
    '<ss:s>',
  );
  expression.registerFunction(
    'range',
    (first: number, last: number, step: number) =>
      Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step),
    '<nnn:a>',
  );
  expression.registerFunction(
    'partition',
    (members: unknown[], size: number) =>
      Array.from({ length: Math.ceil(members.length / size) }, (_, i) =>
        members.slice(i * size, (i + 1) * size),
      ),
    '<an:a>',
  );
}

/** jsonata throws plain objects, not Errors. */
function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return `${error.message}`;
  return String(error);
}
