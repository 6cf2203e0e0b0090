import * as z from 'zod';
import type { Template } from './assembly.ts';

/** What intrinsic functions need to know from outside the template. */
export interface ResolutionContext {
  readonly template: Template;
  readonly pseudoParameters: Readonly<Record<string, string>>;
  /** The value of `Ref` on a resource; makes the resource first if need be. */
  ref(logicalId: string): Promise<unknown>;
  attribute(logicalId: string, name: string): Promise<unknown>;
  importValue(exportName: string): unknown;
  /** The value behind `{{resolve:…}}`. */
  dynamicReference(reference: string): string;
}

/** A value that CloudFormation leaves out (`AWS::NoValue`). */
const ABSENT = Symbol('AWS::NoValue');

const pair = z.tuple([z.unknown(), z.unknown()]);
const triple = z.tuple([z.unknown(), z.unknown(), z.unknown()]);
const list = z.array(z.unknown());
const scalar = z.union([z.string(), z.number(), z.boolean()]);

type Intrinsic = (argument: unknown, context: ResolutionContext) => Promise<unknown>;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, context) => reference(z.string().parse(argument), context),
  'Fn::GetAtt': async (argument, context) => {
    const [id, name] =
      typeof argument === 'string'
        ? splitOnce(argument, '.')
        : z.tuple([z.string(), z.string()]).parse(argument);
    return context.attribute(id, name);
  },
  'Fn::Join': async (argument, context) => {
    const [separator, parts] = pair.parse(argument);
    return list
      .parse(await resolve(parts, context))
      .map(text)
      .join(z.string().parse(separator));
  },
  'Fn::Sub': (argument, context) => substitute(argument, context),
  'Fn::Select': async (argument, context) => {
    const [index, values] = pair.parse(argument);
    return list.parse(await resolve(values, context))[Number(await resolve(index, context))];
  },
  'Fn::Split': async (argument, context) => {
    const [separator, value] = pair.parse(argument);
    return text(await resolve(value, context)).split(z.string().parse(separator));
  },
  'Fn::If': async (argument, context) => {
    const [condition, whenTrue, whenFalse] = triple.parse(argument);
    return resolveValue(
      (await holds(z.string().parse(condition), context)) ? whenTrue : whenFalse,
      context,
    );
  },
  'Fn::ImportValue': async (argument, context) =>
    context.importValue(text(await resolve(argument, context))),
  'Fn::FindInMap': async (argument, context) => {
    const [map, first, second] = list.parse(await resolve(argument, context)).map(text);
    const found = context.template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
    if (found === undefined) throw new Error(`Fn::FindInMap: no ${map}.${first}.${second}`);
    return found;
  },
  Condition: (argument, context) => holds(z.string().parse(argument), context),
  'Fn::Equals': async (argument, context) => {
    const [first, second] = list.parse(await resolve(argument, context));
    return first === second;
  },
  'Fn::Not': async (argument, context) => list.parse(await resolve(argument, context))[0] !== true,
  'Fn::And': async (argument, context) =>
    list.parse(await resolve(argument, context)).every((value) => value === true),
  'Fn::Or': async (argument, context) =>
    list.parse(await resolve(argument, context)).some((value) => value === true),
};

/**
 * Replaces every intrinsic function in a value of a template.
 * @throws Error for a function that isn't built, and for anything that doesn't resolve.
 */
export async function resolve(value: unknown, context: ResolutionContext): Promise<unknown> {
  const resolved = await resolveValue(value, context);
  return resolved === ABSENT ? undefined : resolved;
}

/** Whether a named condition of the template holds. */
export async function holds(name: string, context: ResolutionContext): Promise<boolean> {
  const condition = context.template.Conditions[name];
  if (condition === undefined) throw new Error(`The template has no condition ${name}`);
  return (await resolve(condition, context)) === true;
}

async function resolveValue(value: unknown, context: ResolutionContext): Promise<unknown> {
  if (typeof value === 'string') return resolveDynamic(value, context);
  if (Array.isArray(value)) {
    const items = [];
    for (const item of value) {
      const resolved = await resolveValue(item, context);
      if (resolved !== ABSENT) items.push(resolved);
    }
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined) {
    const intrinsic = intrinsics[name];
    if (intrinsic !== undefined) {
      const result = await intrinsic(argument, context);
      return typeof result === 'string' ? resolveDynamic(result, context) : result;
    }
    if (name.startsWith('Fn::')) throw new Error(`The local cloud does not understand ${name}`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    const resolved = await resolveValue(item, context);
    if (resolved !== ABSENT) result[key] = resolved;
  }
  return result;
}

async function reference(name: string, context: ResolutionContext): Promise<unknown> {
  if (name === 'AWS::NoValue') return ABSENT;
  const pseudo = context.pseudoParameters[name];
  if (pseudo !== undefined) return pseudo;
  if (name.startsWith('AWS::')) throw new Error(`The local cloud does not understand ${name}`);
  const parameter = context.template.Parameters[name];
  if (parameter !== undefined) return parameter.Default;
  return context.ref(name);
}

async function substitute(argument: unknown, context: ResolutionContext): Promise<string> {
  const [pattern, variables] =
    typeof argument === 'string'
      ? [argument, {}]
      : z.tuple([z.string(), z.record(z.string(), z.unknown())]).parse(argument);
  let result = '';
  let end = 0;
  for (const match of pattern.matchAll(/\$\{([^}]+)\}/gu)) {
    const [whole, name = ''] = match;
    result += pattern.slice(end, match.index) + (await substitution(name, variables, context));
    end = match.index + whole.length;
  }
  return result + pattern.slice(end);
}

async function substitution(
  name: string,
  variables: Readonly<Record<string, unknown>>,
  context: ResolutionContext,
): Promise<string> {
  if (name.startsWith('!')) return `\${${name.slice(1)}}`;
  if (name in variables) return text(await resolve(variables[name], context));
  if (!name.includes('.')) return text(await reference(name, context));
  return text(await context.attribute(...splitOnce(name, '.')));
}

function resolveDynamic(value: string, context: ResolutionContext): string {
  return value.replaceAll(/\{\{resolve:[^}]+\}\}/gu, (found) =>
    context.dynamicReference(found.slice(2, -2)),
  );
}

function splitOnce(value: string, separator: string): [string, string] {
  const index = value.indexOf(separator);
  return [value.slice(0, index), value.slice(index + separator.length)];
}

function text(value: unknown): string {
  return String(scalar.parse(value));
}
