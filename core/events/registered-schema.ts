import * as z from 'zod';
import { issuesOf } from './issue.ts';
import type { JsonSchema } from './json-schema.ts';
import { isJsonObject } from './json-value.ts';
import { EVENT_NAME_CHARACTERS_MAX } from './limits.ts';
import { eventDefinitionOf } from './registry.ts';
import { breaksBetween, explainBreaks, understoodKeywords } from './schema-evolution.ts';
import type { PropertiesCheck } from './validate-call.ts';

/**
 * A customer's own event: the JSON Schema of its properties as a document of the config table, kind
 * `schema`, id the event's name. The keywords are those whose evolution can be checked; `pattern` is
 * not among them, because a regular expression can be made to take hours.
 */

/** A schema of a large event has a few kilobytes; all of them are held in the collector's memory. */
const SCHEMA_CHARACTERS_MAX = 32 * 1024;
/** Subschemas inside one another: events have five levels, and checking recurses. */
const SCHEMA_LEVELS_MAX = 10;
/** Alternatives are tried one after another. */
const ALTERNATIVES_MAX = 16;

const jsonSchema = z.record(z.string(), z.unknown()).superRefine((schema, context) => {
  for (const message of faultsOf(schema)) context.addIssue({ code: 'custom', message });
});

export const registeredSchema = z.strictObject({
  event: z
    .string()
    .min(1)
    .max(EVENT_NAME_CHARACTERS_MAX)
    .refine((name) => eventDefinitionOf(name) === undefined, {
      message: 'is an event of the specs, whose schema is built in; choose another name',
    }),
  version: z.int().min(1),
  description: z.string().max(500).optional(),
  /** JSON Schema, draft 2020-12, of the event's `properties`. */
  schema: jsonSchema,
  status: z.enum(['active', 'retired']).default('active'),
});
export type RegisteredSchema = z.infer<typeof registeredSchema>;

/** Checks the properties of one event. */
export type CompiledSchema = (properties: unknown) => 'fine' | ReturnType<typeof issuesOf>;

/** @throws where the JSON Schema cannot be compiled, which the document's schema rules out. */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const { $schema: _dialect, $id: _id, ...plain } = schema;
  const compiled = z.fromJSONSchema(plain);
  return (properties) => {
    const parsed = compiled.safeParse(properties);
    return parsed.success ? 'fine' : issuesOf(parsed.error.issues, properties);
  };
}

/** The check of a source's custom events; a retired schema's event is registered and not looked at. */
export function propertiesCheck(
  compiled: ReadonlyMap<string, CompiledSchema>,
  schemaMode: 'lenient' | 'strict',
): PropertiesCheck {
  return (eventName, properties) => {
    const check = compiled.get(eventName);
    if (check !== undefined) return check(properties ?? {});
    return schemaMode === 'strict' ? 'unregistered' : 'fine';
  };
}

function faultsOf(schema: Record<string, unknown>): string[] {
  const text = JSON.stringify(schema);
  if (text.length > SCHEMA_CHARACTERS_MAX) {
    return [`expected at most ${SCHEMA_CHARACTERS_MAX} characters, got ${text.length}`];
  }
  const fault = faultIn(schema, 'schema', 1);
  if (fault !== undefined) return [fault];
  if (schema.type !== 'object') return ['expected the type object: properties are always one'];
  try {
    compileSchema(schema);
    return [];
  } catch {
    return ['cannot be compiled; check it against JSON Schema, draft 2020-12'];
  }
}

/** The first thing in a schema that is not taken, with its place. */
function faultIn(schema: unknown, path: string, level: number): string | undefined {
  if (schema === true || schema === false) return undefined;
  if (!isJsonObject(schema)) return `${path}: expected a schema`;
  if (level > SCHEMA_LEVELS_MAX) return `${path}: expected at most ${SCHEMA_LEVELS_MAX} levels`;
  for (const keyword of Object.keys(schema)) {
    if (keyword === 'pattern' || !understoodKeywords.has(keyword)) {
      return `${path}: the keyword ${keyword} is not taken; see the list in the how-to`;
    }
  }
  const alternatives = schema.anyOf ?? [];
  if (!Array.isArray(alternatives) || alternatives.length > ALTERNATIVES_MAX) {
    return `${path}.anyOf: expected at most ${ALTERNATIVES_MAX} schemas`;
  }
  const isUntyped = schema.type === undefined && schema.anyOf === undefined;
  const isStated = schema.enum !== undefined || 'const' in schema;
  if (isUntyped && !isStated && Object.keys(schema).length > 0 && level > 1) {
    return `${path}: expected a type, anyOf, enum or const`;
  }
  const fields = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const parts: [string, unknown][] = [
    ...fields.map(([name, part]): [string, unknown] => [`${path}.${name}`, part]),
    ...alternatives.map((part, index): [string, unknown] => [`${path}.anyOf[${index}]`, part]),
    [`${path}[]`, schema.items ?? true],
    [`${path}.*`, schema.additionalProperties ?? true],
  ];
  for (const [place, part] of parts) {
    const fault = faultIn(part, place, level + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Why a new document may not take the place of the one before, or nothing. */
export function replacementProblem(
  before: RegisteredSchema | undefined,
  after: RegisteredSchema,
): string | undefined {
  if (before === undefined) return undefined;
  if (after.version < before.version) {
    return `version ${before.version} of “${after.event}” is registered; a new document has that version or a higher one`;
  }
  // A raised version says that the break is meant.
  if (after.version > before.version) return undefined;
  const breaks = breaksBetween(before.schema, after.schema);
  if (breaks.length === 0) return undefined;
  const atRaise = `accept that senders of version ${before.version} are refused; stored events stay as they are`;
  return explainBreaks(after.event, before.version, breaks, atRaise);
}
