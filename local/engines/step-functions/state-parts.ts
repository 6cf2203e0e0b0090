import type { Value } from './frame.ts';
import { isObject, type Json } from './json.ts';
import type { Resource } from './machine.ts';
import { at, refuse } from './refusal.ts';
import { StateError } from './state-error.ts';

const LAMBDA_INVOKE = /^arn:aws[\w-]*:states:::lambda:invoke$/;
const RUN_TASK = /^arn:aws[\w-]*:states:::ecs:runTask\.sync$/;
const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;

/** What a `lambda:invoke` may be told; an asynchronous invocation or another version is not implemented. */
const INVOKE_ARGUMENTS = ['FunctionName', 'Payload', 'InvocationType'];

/** A Task's resource: a Lambda function in either form, or a refusal. */
export function resourceOf(arn: string, path: string): Resource {
  if (LAMBDA_INVOKE.test(arn)) return { kind: 'lambda-invoke', arn };
  if (FUNCTION_ARN.test(arn)) return { kind: 'function', arn };
  if (RUN_TASK.test(arn)) return { kind: 'run-task', arn };
  return refuse(
    path,
    `The resource "${arn}" isn't implemented locally; only arn:aws:states:::lambda:invoke and a function's ARN are.`,
  );
}

/** Checks what can be known of a `lambda:invoke`'s arguments before it runs. */
export function checkInvokeArguments(resource: Resource, template: Json | undefined, path: string) {
  if (resource.kind !== 'lambda-invoke') return;
  if (typeof template === 'string' && template.startsWith('{%')) return;
  if (!isObject(template)) refuse(path, 'A lambda:invoke needs at least FunctionName.');
  for (const key of Object.keys(template)) {
    if (INVOKE_ARGUMENTS.includes(key.replace(/\.\$$/, ''))) continue;
    refuse(at(path, key), `The argument ${key} of lambda:invoke isn't implemented locally.`);
  }
  if (!Object.hasOwn(template, 'FunctionName') && !Object.hasOwn(template, 'FunctionName.$')) {
    refuse(path, 'A lambda:invoke needs FunctionName.');
  }
}

/** The name of the next state, undefined at the end; exactly one of Next and End must say which. */
export function onwardOf(
  state: { Next?: string | undefined; End?: boolean | undefined },
  path: string,
): string | undefined {
  if ((state.Next === undefined) === (state.End !== true)) {
    refuse(path, 'Exactly one of Next and "End": true must be given.');
  }
  return state.Next;
}

/** Takes the one of two or more alternative fields that is there; refuses none and several. */
export function exactlyOne<T>(
  choices: readonly { readonly field: string; readonly value: T | undefined }[],
  path: string,
): { readonly field: string; readonly value: T } {
  const given = choices.flatMap(({ field, value }) =>
    value === undefined ? [] : [{ field, value }],
  );
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  return refuse(
    path,
    `Exactly one of ${choices.map(({ field }) => field).join(', ')} must be given.`,
  );
}

/** Evaluates to a list, or fails with the path of the field that should have given one. */
export function listOf(value: Value, path: string): Value {
  return async (frame) => {
    const list = await value(frame);
    if (Array.isArray(list)) return list;
    throw new StateError('States.Runtime', `${path} must give an array.`);
  };
}
