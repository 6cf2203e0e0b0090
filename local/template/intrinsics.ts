import type { Value, ValueRecord } from './template.ts';
import { TemplateError } from './template-error.ts';

/** What a template's functions ask for: the rest of the template, and what has been made so far. */
export interface Scope {
  /** A parameter, a pseudo parameter or a resource; undefined for `AWS::NoValue`. */
  ref(name: string): Value | undefined;
  attribute(logicalId: string, attribute: string): Value;
  importValue(exportName: string): Value;
  condition(name: string): boolean;
  mapping(map: string, topLevelKey: string, secondLevelKey: string): Value;
  /** The secret's string, or one key of its JSON. */
  secret(secretId: string, jsonKey: string | undefined): string;
}

/**
 * The value with every function and dynamic reference resolved; undefined for `AWS::NoValue`, which
 * removes the property or list entry that holds it.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 * @throws TemplateError for a function that isn't known.
 */
export function resolveValue(value: Value, scope: Scope): Value | undefined {
  if (typeof value === 'string') return resolveDynamicReferences(value, scope);
  if (Array.isArray(value)) {
    return value.map((entry) => resolveValue(entry, scope)).filter((entry) => entry !== undefined);
  }
  if (value === null || typeof value !== 'object') return value;
  const call = functionCall(value);
  if (call !== undefined) {
    const result = call.run(call.argument, scope);
    return typeof result === 'string' ? resolveDynamicReferences(result, scope) : result;
  }
  const resolved: ValueRecord = {};
  for (const [key, entry] of Object.entries(value)) {
    const result = resolveValue(entry, scope);
    if (result !== undefined) resolved[key] = result;
  }
  return resolved;
}

/** A condition's value: `Fn::Equals` and what combines them. */
export function resolveCondition(expression: Value, scope: Scope): boolean {
  const [name, argument] = singleEntry(expression);
  const operands = () => list(argument ?? null, name ?? 'a condition');
  switch (name) {
    case 'Condition':
      return scope.condition(text(argument ?? null, 'Condition'));
    case 'Fn::Equals': {
      const [left, right] = operands().map((operand) => resolveValue(operand, scope));
      return JSON.stringify(left) === JSON.stringify(right);
    }
    case 'Fn::And':
      return operands().every((operand) => resolveCondition(operand, scope));
    case 'Fn::Or':
      return operands().some((operand) => resolveCondition(operand, scope));
    case 'Fn::Not':
      return !operands().every((operand) => resolveCondition(operand, scope));
    default:
      throw new TemplateError(`A condition uses ${name ?? 'no function'}, which is not supported.`);
  }
}

/** Logical ids that a value refers to: what must be made before it can be resolved. */
export function referencesOf(value: Value): Set<string> {
  const found = new Set<string>();
  collectReferences(value, found);
  return found;
}

type IntrinsicFunction = (argument: Value, scope: Scope) => Value | undefined;

const functions: Readonly<Record<string, IntrinsicFunction>> = {
  Ref: (argument, scope) => scope.ref(text(argument, 'Ref')),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, attribute] = attributePath(argument);
    return scope.attribute(logicalId, attribute);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(argument, 'Fn::Join');
    return resolvedList(parts ?? null, scope, 'Fn::Join')
      .map((part) => text(part, 'Fn::Join'))
      .join(text(separator ?? null, 'Fn::Join'));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (argument, scope) => {
    const [index, entries] = list(argument, 'Fn::Select');
    const position = Number(resolveValue(index ?? null, scope));
    const selected = resolvedList(entries ?? null, scope, 'Fn::Select')[position];
    if (selected === undefined) throw new TemplateError(`Fn::Select finds nothing at ${position}.`);
    return selected;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = list(argument, 'Fn::Split');
    return resolvedText(source ?? null, scope, 'Fn::Split').split(
      text(separator ?? null, 'Fn::Split'),
    );
  },
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list(argument, 'Fn::If');
    const chosen = scope.condition(text(name ?? null, 'Fn::If')) ? whenTrue : whenFalse;
    return resolveValue(chosen ?? null, scope);
  },
  'Fn::ImportValue': (argument, scope) =>
    scope.importValue(resolvedText(argument, scope, 'Fn::ImportValue')),
  'Fn::FindInMap': (argument, scope) => {
    const [map = '', top = '', second = ''] = list(argument, 'Fn::FindInMap').map((key) =>
      resolvedText(key, scope, 'Fn::FindInMap'),
    );
    return scope.mapping(map, top, second);
  },
  'Fn::Base64': (argument, scope) =>
    Buffer.from(resolvedText(argument, scope, 'Fn::Base64')).toString('base64'),
};

function functionCall(value: ValueRecord): { run: IntrinsicFunction; argument: Value } | undefined {
  const [name, argument] = singleEntry(value);
  if (name === undefined || argument === undefined) return undefined;
  const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (run !== undefined) return { run, argument };
  if (!name.startsWith('Fn::')) return undefined;
  throw new TemplateError(`${name} is not supported by the local cloud.`);
}

/** `${Name}`, `${Name.Attribute}` and, for a literal dollar, `${!Name}`. */
const PLACEHOLDER = /\$\{(!?)([^}]+)\}/gu;

function substitute(argument: Value, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument];
  const known = (variables ?? {}) as ValueRecord;
  return text(template ?? null, 'Fn::Sub').replace(
    PLACEHOLDER,
    (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (Object.hasOwn(known, name)) return resolvedText(known[name] ?? null, scope, 'Fn::Sub');
      const [logicalId = '', ...attribute] = name.split('.');
      const value =
        attribute.length === 0 ? scope.ref(name) : scope.attribute(logicalId, attribute.join('.'));
      return text(value ?? null, 'Fn::Sub');
    },
  );
}

const DYNAMIC_REFERENCE = /\{\{resolve:([^:}]+):([^}]+)\}\}/gu;
/** Secret id (a name or an ARN, whose colons are its own), then SecretString, JSON key, stage, version. */
const SECRET_REFERENCE =
  /^(arn:(?:[^:]*:){5}[^:]+|[^:]+)(?::SecretString)?(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/u;

function resolveDynamicReferences(value: string, scope: Scope): string {
  return value.replace(DYNAMIC_REFERENCE, (_, service: string, reference: string) => {
    if (service !== 'secretsmanager') {
      throw new TemplateError(`A dynamic reference to ${service} is not supported.`);
    }
    const [, secretId, jsonKey, stage, version] = SECRET_REFERENCE.exec(reference) ?? [];
    if (secretId === undefined || version || (stage && stage !== 'AWSCURRENT')) {
      throw new TemplateError(
        'A dynamic reference to a secret must name the secret, and its current version alone.',
      );
    }
    return scope.secret(secretId, jsonKey === '' ? undefined : jsonKey);
  });
}

function collectReferences(value: Value, found: Set<string>): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const entry of value) collectReferences(entry, found);
    return;
  }
  const [name, argument] = singleEntry(value);
  if (name === 'Ref' && typeof argument === 'string') found.add(argument);
  else if (name === 'Fn::GetAtt' && argument !== undefined) found.add(attributePath(argument)[0]);
  else if (name === 'Fn::Sub' && argument !== undefined) collectPlaceholders(argument, found);
  for (const entry of Object.values(value)) collectReferences(entry, found);
}

function collectPlaceholders(argument: Value, found: Set<string>): void {
  const template = Array.isArray(argument) ? argument[0] : argument;
  if (typeof template !== 'string') return;
  for (const [, literal, name] of template.matchAll(PLACEHOLDER)) {
    if (literal === '') found.add(name?.split('.')[0] ?? '');
  }
}

function singleEntry(value: Value): [name: string | undefined, argument: Value | undefined] {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return [undefined, undefined];
  const entries = Object.entries(value);
  return entries.length === 1 ? (entries[0] ?? [undefined, undefined]) : [undefined, undefined];
}

/** `[id, attribute]` or `id.attribute`. */
function attributePath(argument: Value): [logicalId: string, attribute: string] {
  if (typeof argument === 'string') {
    const [logicalId = '', ...attribute] = argument.split('.');
    return [logicalId, attribute.join('.')];
  }
  const [logicalId, attribute] = list(argument, 'Fn::GetAtt');
  return [text(logicalId ?? null, 'Fn::GetAtt'), text(attribute ?? null, 'Fn::GetAtt')];
}

function list(value: Value, name: string): Value[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`${name} needs a list.`);
}

function resolvedList(value: Value, scope: Scope, name: string): Value[] {
  return list(resolveValue(value, scope) ?? null, name);
}

function resolvedText(value: Value, scope: Scope, name: string): string {
  return text(resolveValue(value, scope) ?? null, name);
}

function text(value: Value, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${name} needs a string.`);
}
