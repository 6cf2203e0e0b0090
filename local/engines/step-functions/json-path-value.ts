import type { Frame, Value } from './frame.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { at, refuse } from './refusal.ts';
import { StateError } from './state-error.ts';

type Step = string | number;
type Root = 'input' | 'context' | { readonly variable: string };

/** A reference path: one node, no wildcard, filter, slice or descent. */
export interface ReferencePath {
  readonly text: string;
  readonly root: Root;
  readonly steps: readonly Step[];
}

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]/y;

/** Parses `$`, `$.a.b[0]['x y']`, `$$.Execution.Name`, `$variable.a`; refuses whatever can match many nodes. */
export function parsePath(text: string, path: string): ReferencePath {
  const head = /^\$(\$|[A-Za-z_]\w*)?/.exec(text);
  if (head === null) {
    const isIntrinsic = text.startsWith('States.');
    refuse(
      path,
      isIntrinsic
        ? `Intrinsic functions aren't implemented locally ("${text}"); use QueryLanguage JSONata.`
        : `"${text}" is no JSONPath: it must start with $.`,
    );
  }
  const name = head[1];
  const root: Root = name === undefined ? 'input' : name === '$' ? 'context' : { variable: name };
  const steps: Step[] = [];
  STEP.lastIndex = head[0].length;
  while (STEP.lastIndex < text.length) {
    const from = STEP.lastIndex;
    const match = STEP.exec(text);
    if (match === null) {
      refuse(
        path,
        `Only plain paths are implemented locally, "${text.slice(from)}" in "${text}" isn't one; use QueryLanguage JSONata.`,
      );
    }
    const [, key, index, quoted] = match;
    steps.push(
      index === undefined ? (key ?? (quoted ?? '').replace(/\\(.)/g, '$1')) : Number(index),
    );
  }
  return { text, root, steps };
}

/** Reads the node, with `input` in the place of `$`; undefined where the path leads nowhere. */
export function lookUp(reference: ReferencePath, frame: Frame, input: Json): Json | undefined {
  const { root, steps } = reference;
  let node: Json | undefined =
    root === 'input' ? input : root === 'context' ? frame.context : frame.variables[root.variable];
  for (const step of steps) {
    if (typeof step === 'number') node = Array.isArray(node) ? node[step] : undefined;
    else node = isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  }
  return node;
}

/** Compiles a path that must lead somewhere, read against the frame's `result` where there is one. */
export function compilePath(text: string, path: string): Value {
  const reference = parsePath(text, path);
  return async (frame) => {
    const node = lookUp(reference, frame, frame.result === undefined ? frame.input : frame.result);
    if (node !== undefined) return node;
    throw new StateError(
      'States.ParameterPathFailure',
      `The path ${text} at ${path} matches nothing.`,
    );
  };
}

/** Compiles a payload template: keys that end in `.$` hold paths, everything else is literal. */
export function compilePayload(template: Json, path: string): Value {
  if (Array.isArray(template)) {
    const members = template.map((member, index) => compilePayload(member, at(path, index)));
    return (frame) => Promise.all(members.map((member) => member(frame)));
  }
  if (!isObject(template)) return async () => template;
  const members = Object.entries(template).map(([key, member]) => {
    const memberPath = at(path, key);
    if (!key.endsWith('.$')) return [key, compilePayload(member, memberPath)] as const;
    if (typeof member !== 'string') refuse(memberPath, 'A key that ends in .$ must hold a path.');
    return [key.slice(0, -2), compilePath(member, memberPath)] as const;
  });
  return async (frame) => {
    const pairs = members.map(async ([key, member]) => [key, await member(frame)] as const);
    return Object.fromEntries(await Promise.all(pairs));
  };
}

/** ResultPath: puts the result into a copy of the raw input. */
export function compileResultPath(
  text: string | null | undefined,
  path: string,
): (input: Json, result: Json) => Json {
  if (text === undefined || text === '$') return (_, result) => result;
  if (text === null) return (input) => input;
  const { root, steps } = parsePath(text, path);
  if (root !== 'input' || steps.some((step) => typeof step === 'number')) {
    refuse(path, 'A ResultPath is $ or names inside it, such as $.training.result.');
  }
  const keys = steps.map(String);
  return (input, result) => {
    if (isObject(input)) return place(input, keys, result);
    throw new StateError(
      'States.ResultPathMatchFailure',
      `The result can't be put at ${text}: the state's input is no object.`,
    );
  };
}

function place(target: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return target;
  if (rest.length === 0) return { ...target, [key]: value };
  const child = Object.hasOwn(target, key) ? target[key] : undefined;
  return { ...target, [key]: place(isObject(child) ? child : {}, rest, value) };
}
