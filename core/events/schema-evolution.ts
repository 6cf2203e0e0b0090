import * as z from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { isJsonObject } from './json-value.ts';

/** Why a document that was valid yesterday may be refused today. */
export interface Break {
  /** The field, e.g. `products[].price`; empty for the properties as a whole. */
  readonly path: string;
  readonly reason: string;
}

const types = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'] as const;
type Type = (typeof types)[number];

/** Keywords that say nothing of what is valid. */
const annotations = [
  '$schema',
  '$id',
  'title',
  'description',
  'examples',
  'version',
  'family',
  'mapsTo',
];
const assertions = [
  ...['type', 'anyOf', 'enum', 'const', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'minItems', 'maxItems', 'items'],
  ...['properties', 'required', 'additionalProperties'],
];
/** All of JSON Schema that is understood here; a schema with any other keyword is refused. */
export const understoodKeywords: ReadonlySet<string> = new Set([...annotations, ...assertions]);

const lowerBounds = ['minLength', 'minimum', 'minItems'] as const;
const upperBounds = ['maxLength', 'maximum', 'maxItems'] as const;

/**
 * Every place where `today` may refuse what `yesterday` accepted; none means that it can't. A new
 * optional field counts as harmless, though an unknown field of that name may have had another type.
 */
export function breaksBetween(yesterday: JsonSchema, today: JsonSchema): Break[] {
  return compare(yesterday, today, '');
}

function compare(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  const unknown = [before, after].flatMap((schema) =>
    Object.keys(schema).filter((keyword) => !understoodKeywords.has(keyword)),
  );
  if (unknown.length > 0) {
    return [{ path, reason: `uses ${unknown.join(', ')}, which this check does not understand` }];
  }
  const afterBranches = branchesOf(after);
  return branchesOf(before).flatMap((branch) => {
    // An enumeration is checked value by value: each must still be taken.
    const values = valuesOf(branch);
    if (values !== undefined) return refusedValues(values, after, path);
    const breaks = afterBranches
      .filter((candidate) => takes(candidate.type, branch.type))
      .map((candidate) => compareBranch(branch, candidate, path));
    const fewest = breaks.toSorted((a, b) => a.length - b.length)[0];
    return fewest ?? [{ path, reason: `no longer takes ${branch.type}` }];
  });
}

function refusedValues(values: readonly unknown[], after: JsonSchema, path: string): Break[] {
  const check = z.fromJSONSchema(plain(after));
  return values
    .filter((value) => !check.safeParse(value).success)
    .map((value) => ({ path, reason: `no longer takes the value ${JSON.stringify(value)}` }));
}

interface Branch {
  readonly type: Type | 'anything';
  readonly schema: JsonSchema;
}

/** The alternatives of a schema, one type each. */
function branchesOf(schema: JsonSchema): Branch[] {
  if (Array.isArray(schema.anyOf)) {
    return schema.anyOf.filter(isJsonObject).flatMap((branch) => branchesOf(branch));
  }
  const stated = Array.isArray(schema.type) ? schema.type : [schema.type];
  const known = types.filter((type) => stated.includes(type));
  if (known.length === 0) return [{ type: 'anything', schema }];
  return known.map((type) => ({ type, schema }));
}

function takes(after: Branch['type'], before: Branch['type']): boolean {
  return after === before || after === 'anything' || (after === 'number' && before === 'integer');
}

function compareBranch(before: Branch, after: Branch, path: string): Break[] {
  const breaks: Break[] = [];
  const say = (reason: string) => breaks.push({ path, reason });
  if (valuesOf(after) !== undefined) say('takes only listed values now');
  if (before.type === 'string' && differs(before, after, 'pattern')) say('has another pattern');
  for (const bound of lowerBounds) {
    if (boundOf(after, bound, -Infinity) > boundOf(before, bound, -Infinity))
      say(`raises ${bound}`);
  }
  for (const bound of upperBounds) {
    if (boundOf(after, bound, Infinity) < boundOf(before, bound, Infinity)) say(`lowers ${bound}`);
  }
  if (before.type === 'object') breaks.push(...compareFields(before.schema, after.schema, path));
  if (before.type === 'array') {
    breaks.push(
      ...compare(objectOr(before.schema.items), objectOr(after.schema.items), `${path}[]`),
    );
  }
  return breaks;
}

function compareFields(before: JsonSchema, after: JsonSchema, path: string): Break[] {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const breaks: Break[] = [];
  const requiredBefore = namesOf(before.required);
  for (const name of namesOf(after.required)) {
    if (!requiredBefore.includes(name)) {
      breaks.push({ path: inside(name), reason: 'is required now' });
    }
  }
  const [old, current] = [objectOr(before.properties), objectOr(after.properties)];
  for (const [name, schema] of Object.entries(old)) {
    const now = Object.hasOwn(current, name) ? current[name] : after.additionalProperties;
    if (now === false) breaks.push({ path: inside(name), reason: 'is no longer allowed' });
    else breaks.push(...compare(objectOr(schema), objectOr(now), inside(name)));
  }
  if (before.additionalProperties !== false) {
    const others = objectOr(after.additionalProperties);
    if (after.additionalProperties === false) {
      breaks.push({ path, reason: 'no longer allows fields that it does not name' });
    } else {
      breaks.push(...compare(objectOr(before.additionalProperties), others, inside('*')));
    }
  }
  return breaks;
}

/** Said to whoever changed the schema; `atRaise` is what raising the version means for what is stored. */
export function explainBreaks(
  event: string,
  version: number,
  breaks: readonly Break[],
  atRaise = `upcast what version ${version} wrote`,
): string {
  const lines = breaks.map(
    ({ path, reason }) => `  ${path === '' ? 'the properties' : path}: ${reason}`,
  );
  return [
    `“${event}” would refuse events that version ${version} accepted:`,
    ...lines,
    `Loosen the schema again, or raise the version of “${event}” and ${atRaise}.`,
  ].join('\n');
}

function valuesOf({ schema }: Branch): readonly unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum;
  return 'const' in schema ? [schema.const] : undefined;
}

function differs(before: Branch, after: Branch, keyword: string): boolean {
  return after.schema[keyword] !== undefined && after.schema[keyword] !== before.schema[keyword];
}

function boundOf({ schema }: Branch, bound: string, absent: number): number {
  return typeof schema[bound] === 'number' ? schema[bound] : absent;
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

function objectOr(value: unknown): JsonSchema {
  return isJsonObject(value) ? value : {};
}

/** The parser of JSON Schema takes a mutable object of its own. */
function plain(schema: JsonSchema): Record<string, unknown> {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}
